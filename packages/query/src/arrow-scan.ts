import type { DuckDBDataChunk } from '@duckdb/node-api';
import type { ArrowBytes } from './arrow-bytes.ts';
import { fillVector } from './arrow-fill.ts';
import { type ArrowBatch, readArrowBatches, readArrowFields, schemaMessage } from './arrow-ipc-read.ts';
import type { ArrowField } from './arrow-schema.ts';
import { duckdbTypeOf, storedTypeOf } from './arrow-types.ts';
import type { DuckDB } from './duckdb.ts';
import { quoteIdentifier } from './identifier.ts';
import type { Column } from './relation.ts';
import type { Scan, ScanSource } from './scans.ts';

/** Consecutive Arrow streams of the same columns. */
export interface ArrowGroup {
  readonly fields: readonly ArrowField[];
  readonly streams: readonly (Uint8Array | ArrowBytes)[];
}

/** Streams in order, those of the same columns together. */
export function groupStreams(streams: readonly (Uint8Array | ArrowBytes)[]): readonly ArrowGroup[] {
  const groups: { message: Uint8Array; key: string; fields: readonly ArrowField[]; streams: (Uint8Array | ArrowBytes)[] }[] = [];
  for (const stream of streams) {
    const last = groups.at(-1);
    const message = schemaMessage(stream);
    if (last !== undefined && Buffer.compare(last.message, message) === 0) {
      last.streams.push(stream);
      continue;
    }
    const fields = readArrowFields(stream);
    const key = JSON.stringify(fields);
    if (last?.key === key) last.streams.push(stream);
    else groups.push({ message, key, fields, streams: [stream] });
  }
  return groups;
}

/** A group, as something DuckDB scans: a chunk at a time, only the columns asked for. */
export function arrowSource(duckdb: DuckDB, { fields, streams }: ArrowGroup): ScanSource {
  return {
    columns: fields.map((field) => ({ name: field.name, type: duckdbTypeOf(duckdb, field) })),
    open: (columns) => arrowScan(duckdb, { fields, streams }, columns),
  };
}

/** The columns of a group in SQL, with DuckDB's types as they were when it wrote them. */
export function arrowColumns(duckdb: DuckDB, { fields }: ArrowGroup): readonly (Column & { readonly sql: string })[] {
  return fields.map((field) => {
    const name = quoteIdentifier(field.name);
    const stored = storedTypeOf(duckdb, field);
    const type = stored ?? duckdbTypeOf(duckdb, field);
    return { name: field.name, type: type.toString(), sql: stored === undefined ? name : `CAST(${name} AS ${stored.toString()})` };
  });
}

function arrowScan({ bindings }: DuckDB, group: ArrowGroup, columns: readonly number[]): Scan {
  const capacity = bindings.vector_size();
  const batches = allBatches(group, new Set(columns));
  let batch: ArrowBatch | undefined;
  let from = 0;
  return {
    next: (chunk: DuckDBDataChunk): void => {
      while (batch === undefined || from >= batch.length) {
        const { value, done } = batches.next();
        if (done === true) {
          chunk.rowCount = 0;
          return;
        }
        batch = value;
        from = 0;
      }
      const count = Math.min(capacity, batch.length - from);
      chunk.rowCount = count;
      for (let at = 0; at < columns.length; at += 1) {
        // A scan for the row count alone asks for a column that is not there.
        const column = batch.columns[columns[at] ?? -1];
        if (column !== undefined) fillVector(bindings, bindings.data_chunk_get_vector(chunk.chunk, at), column, from, count);
      }
      from += count;
    },
  };
}

function* allBatches({ fields, streams }: ArrowGroup, wanted: ReadonlySet<number>): Generator<ArrowBatch, void, void> {
  for (const stream of streams) yield* readArrowBatches(stream, fields, wanted);
}
