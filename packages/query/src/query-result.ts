import type { DuckDBDataChunk, DuckDBResult, DuckDBType } from '@duckdb/node-api';
import { arrowFromChunks } from './arrow-from-chunks.ts';
import type { DuckDB } from './duckdb.ts';
import { QueryError, queryFailed } from './errors.ts';
import type { Column } from './relation.ts';
import { readerOf, type Value } from './values.ts';

/** The rows of a query, as they come. They can be read once, in one of the forms. */
export interface QueryResult {
  /** As DuckDB names them; names may repeat. */
  readonly columns: readonly Column[];
  readonly types: readonly DuckDBType[];
  /** Chunks of up to 2,048 rows; valid until the next one is asked for. */
  chunks(): AsyncIterable<DuckDBDataChunk>;
  /** Rows of plain values, in the order of the columns. */
  rows(): AsyncIterable<readonly Value[]>;
  /** Rows by column name; of columns with the same name the later ones are called `name:1`, `name:2`. */
  rowObjects(): AsyncIterable<Readonly<Record<string, Value>>>;
  /** An uncompressed Arrow IPC stream, piece by piece: the schema also when there are no rows. */
  arrow(): AsyncIterable<Uint8Array>;
  /** Stops the query; a loop over it ends with an error of code `closed`. */
  cancel(): Promise<void>;
  /** Frees what the query holds. Reading to the end, leaving a loop and an error do that too. */
  close(): Promise<void>;
}

/** What the engine gives to a result. */
export interface Running {
  readonly duckdb: DuckDB;
  readonly result: DuckDBResult;
  /** Runs a step of the query; interrupts it and rejects with the signal's reason when that is aborted. */
  step<T>(action: () => Promise<T>): Promise<T>;
  /** Throws when the rows ended because the query failed. */
  finish(): Promise<void>;
  interrupt(): void;
  release(): Promise<void>;
}

/** A result over a running query. */
export function queryResult(running: Running): QueryResult {
  const { result } = running;
  const names = result.columnNames();
  const types = result.columnTypes();
  let state: 'new' | 'reading' | 'cancelled' | 'done' = 'new';
  let pending: Promise<unknown> = Promise.resolve();

  const fetch = (): Promise<DuckDBDataChunk | null> => {
    const next = running.step(() => result.fetchChunk());
    pending = next.catch(() => undefined);
    return next;
  };

  const close = async (): Promise<void> => {
    if (state === 'done') return;
    state = 'done';
    running.interrupt();
    await pending;
    await drain(result, running);
    await running.release();
  };

  async function* chunks(): AsyncGenerator<DuckDBDataChunk, void, void> {
    if (state !== 'new') throw new QueryError('closed', 'Cannot read a result: it has been read or closed, wanted a new query');
    state = 'reading';
    try {
      for (;;) {
        const chunk = await fetch();
        if (currentState() !== 'reading') throw cancelled();
        if (chunk === null || chunk.rowCount === 0) break;
        yield chunk;
        if (currentState() !== 'reading') throw cancelled();
      }
      await running.finish();
      state = 'done';
      await running.release();
    } catch (error) {
      if (currentState() === 'cancelled') throw cancelled();
      throw error;
    } finally {
      await close();
    }
  }

  // TypeScript narrows `state` over awaits and yields, where others may have changed it.
  function currentState(): string {
    return state;
  }

  async function* rows(): AsyncGenerator<readonly Value[], void, void> {
    const readers = types.map((type) => readerOf(type));
    for await (const chunk of chunks()) {
      const columns = readers.map((read, at) => read(chunk.getColumnVector(at)));
      for (let row = 0; row < chunk.rowCount; row += 1) yield columns.map((column) => column[row] ?? null);
    }
  }

  async function* rowObjects(): AsyncGenerator<Readonly<Record<string, Value>>, void, void> {
    const keys = result.deduplicatedColumnNames();
    for await (const row of rows()) yield Object.fromEntries(keys.map((key, at) => [key, row[at] ?? null]));
  }

  return {
    columns: names.map((name, at) => ({ name, type: types[at]?.toString() ?? '' })),
    types,
    chunks,
    rows,
    rowObjects,
    arrow: () => arrowFromChunks(running.duckdb, { names, types }, chunks()),
    cancel: async () => {
      if (state === 'done') return;
      if (state === 'new') return close();
      state = 'cancelled';
      running.interrupt();
      await pending;
    },
    close,
  };
}

function cancelled(): QueryError {
  return new QueryError('closed', 'Cannot read a result: it was cancelled, wanted a new query');
}

/**
 * Reads an interrupted query to its end. Closing its connection while a scan of JavaScript rows is under way would block the thread
 * that the scan waits for.
 */
async function drain(result: DuckDBResult, running: Running): Promise<void> {
  try {
    for (;;) {
      running.interrupt();
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return;
    }
  } catch (error) {
    // An interrupted query ends with an error, which is what was wanted.
    void queryFailed(error);
  }
}
