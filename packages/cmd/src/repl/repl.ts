import type { Interface } from 'node:readline';
import type { Context } from '../context.ts';
import { OutputClosed } from '../effects.ts';
import { reportLines } from '../errors.ts';
import { withRows } from '../rows/session.ts';
import { complete } from './completion.ts';
import { historyFile, HISTORY_LINES, openHistory } from './history.ts';
import { pondNames } from './names.ts';
import { createSession } from './session.ts';
import { takeApart } from './statement.ts';

const PROMPT = 'pond> ';
const CONTINUED = '  ... ';

export interface ReplOptions {
  /** Names of tables and values of parameters that all queries have. */
  readonly tables: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, unknown>>;
}

/** A session on a terminal: statements end with a semicolon, errors end nothing, and each query sees the newest state. */
export async function repl(context: Context, { tables, params }: ReplOptions): Promise<void> {
  const { createInterface } = await import('node:readline');
  const { input, output } = context.effects.terminal();
  const history = openHistory(historyFile(context.effects.env));
  await withRows(context, async (rows) => {
    const names = pondNames(context, rows, tables);
    const session = createSession(context, rows, { tables, params });
    let typed = '';
    const reader = createInterface({
      input, output, terminal: true, history: [...history.lines], historySize: HISTORY_LINES, removeHistoryDuplicates: true, prompt: PROMPT,
      completer: (line: string, done: (error: Error | null, result: [string[], string]) => void) => {
        complete(typed, line, names).then(([words, replaced]) => done(null, [[...words], replaced]), () => done(null, [[], line]));
      },
    });
    const prompt = (): void => {
      reader.setPrompt(typed === '' ? PROMPT : CONTINUED);
      reader.prompt();
    };

    /** One line; false leaves the session. */
    async function take(line: string): Promise<boolean> {
      history.add(line);
      if (typed === '' && line.trimStart().startsWith('.')) return session.command(line.trim());
      const { statements, rest } = takeApart(`${typed}${line}\n`);
      typed = rest;
      if (statements.length > 0) await session.run(statements);
      return true;
    }

    context.effects.stdout.print("pond sql: a statement ends with ; and .help tells more\n");
    await new Promise<void>((resolve, reject) => {
      const lines: string[] = [];
      let isBusy = false;
      let isClosed = false;
      let isAsked = false;
      const leave = (): void => {
        isClosed = true;
        session.cancel();
        reader.close();
        if (!isBusy) resolve();
      };
      const work = async (): Promise<void> => {
        isBusy = true;
        try {
          for (let line = lines.shift(); line !== undefined && !isClosed; line = lines.shift()) {
            if (!await failing(context, () => take(line ?? ''))) leave();
          }
        } finally {
          isBusy = false;
        }
        if (isClosed) resolve();
        else prompt();
      };
      reader.on('line', (line) => {
        isAsked = false;
        lines.push(line);
        if (!isBusy) work().catch(reject);
      });
      // Ctrl-D, or the input has ended: what was typed before is still done.
      reader.on('close', () => {
        if (isClosed) return;
        if (lines.length === 0 && !isBusy) {
          isClosed = true;
          context.effects.stdout.print('\n');
          resolve();
        } else {
          lines.push('.quit');
        }
      });
      reader.on('SIGINT', () => {
        if (isBusy) {
          if (session.isCancelled()) return leave();
          session.cancel();
          return;
        }
        if (typed === '' && reader.line === '') {
          if (isAsked) return leave();
          isAsked = true;
          output.write('\n.quit or Ctrl-D leaves\n');
        } else {
          output.write('^C\n');
        }
        typed = '';
        reader.setPrompt(PROMPT);
        clearLine(reader);
        prompt();
      });
      context.signal.addEventListener('abort', leave, { once: true });
      prompt();
    });
  });
}

/** Drops what stands in the line that is edited. */
function clearLine(reader: Interface): void {
  reader.write(null, { ctrl: true, name: 'e' });
  reader.write(null, { ctrl: true, name: 'u' });
}

/** An error is printed, and the session goes on. */
async function failing(context: Context, work: () => Promise<boolean>): Promise<boolean> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof OutputClosed) throw error;
    context.effects.stderr.print(reportLines(error, context.globals.debug));
    return true;
  }
}
