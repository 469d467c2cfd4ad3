import type { QueryResult } from '@duckpond/query';

/**
 * A result whose errors name the paths of the pond, not the files of the host that have their content, and that calls `release` when it
 * is done, whichever way.
 */
export function namedResult(result: QueryResult, names: ReadonlyMap<string, string>, release: () => void): QueryResult {
  async function* named<T>(items: AsyncIterable<T>): AsyncGenerator<T, void, void> {
    try {
      yield* items;
    } catch (error) {
      throw withNames(error, names);
    } finally {
      release();
    }
  }
  return {
    ...result,
    chunks: () => named(result.chunks()),
    rows: () => named(result.rows()),
    rowObjects: () => named(result.rowObjects()),
    arrow: () => named(result.arrow()),
    async close() {
      await result.close();
      release();
    },
  };
}

/** The same error, with paths of the pond in its message and its data. */
export function withNames(error: unknown, names: ReadonlyMap<string, string>): unknown {
  if (!(error instanceof Error)) return error;
  for (const [hostPath, pondPath] of names) {
    if (error.message.includes(hostPath)) error.message = error.message.replaceAll(hostPath, pondPath);
    if ('data' in error && isRecord(error.data)) {
      for (const [key, value] of Object.entries(error.data)) if (value === hostPath) error.data[key] = pondPath;
    }
  }
  return error;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
