import type { OptionSpec } from '../command.ts';
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from '../log.ts';

/** What the global options hold when they have been read. */
export interface Globals {
  readonly pond: string | undefined;
  readonly at: string | undefined;
  readonly format: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly debug: boolean;
  readonly noColor: boolean;
  readonly logLevel: LogLevel | undefined;
  readonly logFormat: LogFormat | undefined;
  readonly help: boolean;
}

/** Options of every command, before or after its name. */
export const GLOBAL_OPTIONS: Readonly<Record<keyof Globals, OptionSpec>> = {
  pond: { long: 'pond', value: 'DIR', of: 'host-file', summary: 'The pond; else POND, else the nearest .pond upwards' },
  at: { long: 'at', value: 'TXN|TIME', summary: 'Read the pond as it was: a transaction, a time, or an age such as -2h' },
  format: { long: 'format', value: 'FORMAT', summary: 'Format of the output' },
  json: { long: 'json', summary: 'Short for --format json' },
  quiet: { long: 'quiet', short: 'q', summary: 'No notes and no progress' },
  verbose: { long: 'verbose', short: 'v', summary: 'More detail' },
  debug: { long: 'debug', summary: 'Stacks of errors' },
  noColor: { long: 'no-color', summary: 'No colour (also NO_COLOR)' },
  logLevel: { long: 'log-level', value: 'LEVEL', choices: LOG_LEVELS, summary: 'Log to stderr (also POND_LOG)' },
  logFormat: { long: 'log-format', value: 'FORMAT', choices: LOG_FORMATS, summary: 'Format of the log' },
  help: { long: 'help', short: 'h', summary: 'Help on a command' },
};

/** Only without a command. */
export const VERSION_OPTION: OptionSpec = { long: 'version', short: 'V', summary: 'The version of pond' };
