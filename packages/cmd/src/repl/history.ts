import { appendFileSync, chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';

export const HISTORY_LINES = 1000;

/** Lines that were typed, kept in a file that only its owner reads. */
export interface History {
  /** Newest first. */
  readonly lines: readonly string[];
  add(line: string): void;
}

/** Where the history is: below the user's directory for state; undefined when there is none. */
export function historyFile(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const { XDG_STATE_HOME: state, HOME: home } = env;
  if (state !== undefined && isAbsolute(state)) return join(state, 'duckpond', 'sql_history');
  return home !== undefined && isAbsolute(home) ? join(home, '.local', 'state', 'duckpond', 'sql_history') : undefined;
}

/** The history of a file. A history that cannot be read or written is none: nobody's work depends on it. */
export function openHistory(file: string | undefined): History {
  const old = file === undefined ? [] : readLines(file);
  if (file !== undefined && old.length > 2 * HISTORY_LINES) {
    quietly(() => writeFileSync(file, toText(old.slice(-HISTORY_LINES)), { mode: 0o600 }));
  }
  let last = old.at(-1);
  return {
    lines: old.slice(-HISTORY_LINES).reverse(),
    add(line) {
      if (file === undefined || line.trim() === '' || line === last) return;
      last = line;
      quietly(() => {
        mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
        appendFileSync(file, toText([line]), { mode: 0o600 });
        chmodSync(file, 0o600);
      });
    },
  };
}

function toText(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter((line) => line !== '');
  } catch {
    return [];
  }
}

function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // A full disk or a directory of somebody else's.
  }
}
