import type { Command } from './command.ts';
import { COMMANDS } from './commands.ts';
import { createContext } from './context.ts';
import { type Effects, OutputClosed } from './effects.ts';
import { report, reportLines } from './errors.ts';
import { commandHelp, shortHelp, summaryHelp } from './help.ts';
import type { Interruption } from './interruption.ts';
import { chooseFormat } from './output/format.ts';
import { parseArguments } from './parse.ts';
import { VERSION } from './version.ts';

/** Runs one command line and tells its exit code. Every error ends here. */
export async function main(argv: readonly string[], effects: Effects, commands: readonly Command[] = COMMANDS): Promise<number> {
  try {
    return await dispatch(argv, effects, commands);
  } catch (error) {
    // The reader of a pipe has gone: it has what it wanted.
    if (error instanceof OutputClosed) return 0;
    try {
      effects.stderr.print(reportLines(error, argv.includes('--debug')));
    } catch (failure) {
      if (!(failure instanceof OutputClosed)) throw failure;
    }
    return report(error).exitCode;
  }
}

async function dispatch(argv: readonly string[], effects: Effects, commands: readonly Command[]): Promise<number> {
  const request = parseArguments(argv, commands);
  switch (request.kind) {
    case 'version':
      effects.stdout.print(`pond ${VERSION}\n`);
      return 0;
    case 'help': {
      const { command, asked } = request;
      effects.stdout.print(command !== undefined ? commandHelp(command) : asked ? summaryHelp(commands) : shortHelp(commands));
      return 0;
    }
    case 'run': {
      const { command, globals, args, options } = request;
      chooseFormat(command, globals);
      const context = createContext(effects, command, globals, argv);
      context.logger.debug('start', { arguments: context.commandLine.join(' ') });
      try {
        const code = (await unlessInterrupted(command.run(context, args, options), effects.interruption())) ?? 0;
        // Work that heeds the signal by stopping early has been interrupted all the same.
        effects.interruption().throwIfRaised();
        context.logger.debug('end', { exitCode: code });
        return code;
      } catch (error) {
        const { exitCode, message } = report(error);
        context.logger.error(message, { exitCode });
        throw error;
      }
    }
  }
}

/** What was begun may tidy up after a signal for so long. */
const GRACE_MILLIS = 500;

/** Any moment is a good one to stop: what is not committed has not happened. */
function unlessInterrupted<T>(work: Promise<T>, interruption: Interruption): Promise<T> {
  return new Promise((resolve, reject) => {
    interruption.listen((reason) => {
      const interrupted = (): void => reject(reason);
      work.then(interrupted, interrupted);
      setTimeout(interrupted, GRACE_MILLIS);
    });
    work.then(resolve, (error: unknown) => {
      if (interruption.reason === undefined) reject(error);
    });
  });
}
