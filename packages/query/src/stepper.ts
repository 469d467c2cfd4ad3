import type { DuckDBConnection } from '@duckdb/node-api';
import { queryFailed } from './errors.ts';
import { readError } from './formats/read-error.ts';

/** Runs the steps of one query so that a signal can stop them. */
export interface Stepper {
  /** Rejects with the signal's reason when it is or becomes aborted, else with a `query-failed` of what DuckDB said. */
  readonly step: <T>(action: () => Promise<T>) => Promise<T>;
  end(): void;
}

const REPEAT_MS = 10;

/** Steps on a connection. An interrupt that comes before DuckDB has begun is forgotten by it, so it is said again until the step ends. */
export function stepper(connection: DuckDBConnection, signal?: AbortSignal): Stepper {
  let running = 0;
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  const interrupt = (): void => {
    if (running === 0) return;
    connection.interrupt();
    timer ??= setInterval(() => connection.interrupt(), REPEAT_MS);
  };
  signal?.addEventListener('abort', interrupt);
  return {
    step: async (action) => {
      signal?.throwIfAborted();
      running += 1;
      try {
        const value = await action();
        signal?.throwIfAborted();
        return value;
      } catch (error) {
        signal?.throwIfAborted();
        throw readError(error) ?? queryFailed(error);
      } finally {
        running -= 1;
        if (running === 0) stop();
      }
    },
    end: () => {
      stop();
      signal?.removeEventListener('abort', interrupt);
    },
  };
}
