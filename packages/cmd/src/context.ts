import type { At } from '@duckpond/pond';
import type { Globals } from './catalog/globals.ts';
import type { Command } from './command.ts';
import { type Effects, type Output, OutputClosed } from './effects.ts';
import { CliError } from './errors.ts';
import { createLogger, isLogLevel, type Logger, type LogLevel } from './log.ts';
import { printable } from './output/printable.ts';
import { redactArguments } from './redact.ts';
import { parseAt } from './time.ts';

/** What a handler is given beside its arguments and options. */
export interface Context {
  readonly effects: Effects;
  readonly command: Command;
  readonly globals: Globals;
  /** `pond` and its arguments without secrets, as the log stores them. */
  readonly commandLine: readonly string[];
  /** Standard output, for results alone. */
  readonly out: Output;
  readonly logger: Logger;
  /** Aborted by Ctrl-C; long work looks at it. */
  readonly signal: AbortSignal;
  readonly color: boolean;
  /** The state that `--at` names; undefined is the newest. */
  readonly at: At | undefined;
  /** A line for people on stderr; none with `-q`. */
  note(text: string): void;
  /** A line on stderr that only `-v` shows. */
  detail(text: string): void;
  /** A line on stderr, always. */
  warn(text: string): void;
}

/** @throws CliError `usage` when the global options contradict the command or each other */
export function createContext(effects: Effects, command: Command, globals: Globals, argv: readonly string[]): Context {
  const { logLevel, logFormat } = globals;
  if (globals.at !== undefined && command.changes === true && command.acceptsAt !== true) {
    throw new CliError('usage', `Cannot run "${command.name}" with --at: it changes the pond, and only the present can be changed`);
  }
  const interruption = effects.interruption();
  const stderrLine = (text: string): void => quietly(() => effects.stderr.print(`${printable(text)}\n`));
  return {
    effects,
    command,
    globals,
    commandLine: ['pond', ...redactArguments(argv)],
    out: command.changes === true ? tolerant(effects.stdout) : effects.stdout,
    logger: createLogger(effects, {
      level: logLevel ?? levelFromEnvironment(effects.env['POND_LOG']),
      format: logFormat ?? 'text',
      command: command.name,
    }),
    get signal() {
      return interruption.signal;
    },
    color: wantsColor(effects, globals),
    at: globals.at === undefined ? undefined : parseAt(globals.at, effects.nowMicros()),
    note: (text) => {
      if (!globals.quiet) stderrLine(text);
    },
    detail: (text) => {
      if (globals.verbose && !globals.quiet) stderrLine(text);
    },
    warn: stderrLine,
  };
}

function levelFromEnvironment(text: string | undefined): LogLevel {
  if (text === undefined || text === '') return 'off';
  if (!isLogLevel(text)) throw new CliError('usage', `Cannot read POND_LOG "${text}": off, error, warn, info, debug or trace was wanted`);
  return text;
}

/** Colour on a terminal, unless `NO_COLOR` (any text), a dumb terminal or `--no-color` says no. */
function wantsColor(effects: Effects, globals: Globals): boolean {
  if (globals.noColor || (effects.env['NO_COLOR'] ?? '') !== '') return false;
  return effects.stdout.isTty && effects.env['TERM'] !== 'dumb';
}

/** A command that changes something finishes it, whoever has stopped reading. */
function tolerant(output: Output): Output {
  return {
    get isTty() {
      return output.isTty;
    },
    get columns() {
      return output.columns;
    },
    print: (text) => quietly(() => output.print(text)),
    write: async (chunk) => {
      try {
        await output.write(chunk);
      } catch (error) {
        if (!(error instanceof OutputClosed)) throw error;
      }
    },
  };
}

function quietly(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof OutputClosed)) throw error;
  }
}
