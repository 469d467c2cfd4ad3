import {
  decodeColumns, type NewEntry, type NodeFact, type RowFacts, type VersionBounds as BoundsWithTotals, type VersionRows,
} from '@duckpond/oplog';
import { type Node, type NodeReader, quote, TinyFsError, type VersionBounds, type VersionInfo } from '@duckpond/tinyfs';
import { rowRange } from './node-facts.ts';

/** What the newest version of a table says about its rows, to be said again of a version with the same content. */
export function rowsOfFact(fact: NodeFact | undefined): VersionRows | undefined {
  return fact === undefined ? undefined : rowsOfEntry(fact);
}

/** What the version of a table that an entry holds says about its rows. */
export function rowsOfEntry(
  { rowCount, schema, timeColumn, timeMinMicros, timeMaxMicros }: Pick<NewEntry, keyof RowFacts>,
): VersionRows | undefined {
  const columns = decodeColumns(schema ?? null);
  if (rowCount == null || columns === undefined) return undefined;
  return { columns, ...rowRange(rowCount, timeMinMicros, timeMaxMicros), ...(timeColumn == null ? {} : { timeColumn }) };
}

/**
 * Times given to one version, with what those of all versions together are then. It reads the history, so that nobody else must.
 *
 * @throws TinyFsError `not-found`
 */
export async function boundsWithTotals(reader: NodeReader, node: Node, bounds: VersionBounds): Promise<BoundsWithTotals> {
  let isThere = false;
  let { timeMinMicros: totalTimeMinMicros, timeMaxMicros: totalTimeMaxMicros } = bounds;
  if (node.kind === 'series') {
    for await (const { version, tabular } of reader.versions(node)) {
      if (version === bounds.version) isThere = tabular !== undefined;
      else {
        const { timeMinMicros, timeMaxMicros } = tabular ?? {};
        if (timeMinMicros !== undefined && timeMinMicros < totalTimeMinMicros) totalTimeMinMicros = timeMinMicros;
        if (timeMaxMicros !== undefined && timeMaxMicros > totalTimeMaxMicros) totalTimeMaxMicros = timeMaxMicros;
      }
    }
  }
  if (isThere) return { ...bounds, totalTimeMinMicros, totalTimeMaxMicros };
  throw new TinyFsError(
    'not-found', node.id,
    `Cannot set bounds of ${quote(node.id)}: no version ${bounds.version} with rows, the version of a series was wanted`,
  );
}

/** A version with the times that a user gave it. */
export function bounded(info: VersionInfo, bounds: ReadonlyMap<number, VersionBounds>): VersionInfo {
  const given = bounds.get(info.version);
  return given === undefined || info.tabular === undefined
    ? info : { ...info, tabular: rowRange(info.tabular.rowCount, given.timeMinMicros, given.timeMaxMicros) };
}

const PARQUET = 'PAR1';

/** Content with what its first bytes say. */
export async function withFormat(
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<{ readonly isParquet: boolean; readonly chunks: AsyncIterable<Uint8Array> }> {
  const iterator = Symbol.asyncIterator in content ? content[Symbol.asyncIterator]() : content[Symbol.iterator]();
  const first: Uint8Array[] = [];
  let sizeBytes = 0;
  while (sizeBytes < PARQUET.length) {
    const next = await iterator.next();
    if (next.done === true) break;
    first.push(next.value);
    sizeBytes += next.value.byteLength;
  }
  const start = Buffer.concat(first.map((chunk) => chunk.subarray(0, PARQUET.length))).subarray(0, PARQUET.length);
  return { isParquet: start.toString('latin1') === PARQUET, chunks: rest() };

  async function* rest(): AsyncGenerator<Uint8Array> {
    try {
      yield* first;
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  }
}
