import type { QueryResult } from './query-result.ts';

/** What is to happen around the reading of a result. */
export interface ResultWatch {
  /** Called when the result is done, whichever way, and when it is closed: more than once perhaps. */
  readonly done: () => void | Promise<void>;
  /** What its reader gets instead of an error. */
  readonly failed?: (error: unknown) => unknown;
}

/** The same result, watched. */
export function watchedResult(result: QueryResult, { done, failed }: ResultWatch): QueryResult {
  async function* watched<T>(items: AsyncIterable<T>): AsyncGenerator<T, void, void> {
    try {
      yield* items;
    } catch (error) {
      throw failed === undefined ? error : failed(error);
    } finally {
      await done();
    }
  }
  return {
    ...result,
    chunks: () => watched(result.chunks()),
    rows: () => watched(result.rows()),
    rowObjects: () => watched(result.rowObjects()),
    arrow: () => watched(result.arrow()),
    async close() {
      await result.close();
      await done();
    },
  };
}
