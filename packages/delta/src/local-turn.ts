import { join } from 'node:path';
import type { LocalIo } from './local-io.ts';

/**
 * Whose turn it is to commit, as a courtesy between the writers of one directory: racing for the next version is always
 * correct, but every lost race costs a written and synced file. A turn is a hint. It may be broken, lost or ignored.
 */
export interface Turn {
  /** Waits for the turn, though not for ever; the returned function ends it. */
  take(): Promise<() => void>;
}

const NAME = '.commit-turn.tmp';
/** No commit takes so long: whoever left the file is gone or stuck. */
const BROKEN_AFTER_MILLIS = 2_000;
/** A writer that has waited so long tries without. */
const PATIENCE_MILLIS = 1_000;

export interface TurnOptions {
  nowMillis(): number;
  /** From 0 up to but not including 1. */
  random(): number;
}

export function createLocalTurn(directory: string, io: LocalIo, { nowMillis, random }: TurnOptions): Turn {
  const path = join(directory, NAME);

  function end(): void {
    try {
      io.unlink(path);
    } catch {
      // Another writer has broken the turn; it is over all the same.
    }
  }

  function begin(): boolean {
    try {
      io.close(io.open(path, 'create'));
      return true;
    } catch {
      return false; // Taken, or not possible here: then the race decides.
    }
  }

  return {
    async take() {
      const started = nowMillis();
      while (nowMillis() - started < PATIENCE_MILLIS) {
        // Asking is cheap; the exception of a taken name is not, and there may be many who wait.
        const taken = io.stat(path);
        if (taken === undefined && begin()) return end;
        if (taken !== undefined && nowMillis() - taken.modifiedMillis > BROKEN_AFTER_MILLIS) end();
        await new Promise((resolve) => setTimeout(resolve, 1 + random()));
      }
      return () => undefined;
    },
  };
}
