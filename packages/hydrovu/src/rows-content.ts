import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RowImporter, TabularContent } from '@duckpond/pond';
import type * as Arrow from 'apache-arrow';
import type { NamedRows } from './changes.ts';
import { TIME_COLUMN } from './columns.ts';

/** What is said about the columns of readings, by name. */
export interface ColumnNotes {
  readonly units: Readonly<Record<string, string>>;
  readonly descriptions: Readonly<Record<string, string>>;
}

/** Rows as bytes are inline up to this size (docs/formats/tables-and-series.md). */
const INLINE_BYTES = 64 * 1024;
const MICROS = 1_000_000;

/** Rows to be appended to a series: as they are while they are few, else as Parquet, which the importer makes. */
export async function rowsContent(
  rows: NamedRows, notes: ColumnNotes, importer: () => Promise<RowImporter>, signal: AbortSignal | undefined,
): Promise<TabularContent> {
  const arrow = await import('apache-arrow');
  const bytes = arrow.tableToIPC(arrowTable(arrow, rows), 'stream');
  const { units, descriptions } = own(notes, rows);
  if (bytes.length > INLINE_BYTES) {
    const { directory, read } = await importer();
    const scratch = await mkdtemp(join(directory, 'rows-'));
    const path = join(scratch, 'rows.arrow');
    await writeFile(path, bytes);
    const content = await read({ kind: 'file', format: 'arrow', paths: [path], options: {} }, {
      timeColumn: TIME_COLUMN, units, descriptions, ...(signal === undefined ? {} : { signal }),
    });
    await rm(scratch, { recursive: true });
    return content;
  }
  const { times } = rows;
  const columns = [...rows.columns].map(([name, values]) => ({
    name, type: 'DOUBLE', nulls: values.reduce((sum, value) => sum + (Number.isNaN(value) ? 1 : 0), 0),
    ...(units[name] === undefined ? {} : { unit: units[name] }),
    ...(descriptions[name] === undefined ? {} : { description: descriptions[name] }),
  }));
  return {
    kind: 'inline', bytes,
    facts: {
      columns: [{ name: TIME_COLUMN, type: 'TIMESTAMP WITH TIME ZONE', nulls: 0 }, ...columns], rowCount: times.length,
      timeColumn: TIME_COLUMN, timeMinMicros: BigInt(times[0] ?? 0) * 1_000_000n, timeMaxMicros: BigInt(times.at(-1) ?? 0) * 1_000_000n,
    },
  };
}

function own({ units, descriptions }: ColumnNotes, { columns }: NamedRows): ColumnNotes {
  const of = (notes: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
    Object.fromEntries(Object.entries(notes).filter(([name]) => columns.has(name)));
  return { units: of(units), descriptions: of(descriptions) };
}

function arrowTable(arrow: typeof Arrow, { times, columns }: NamedRows): Arrow.Table {
  const timeType = new arrow.TimestampMicrosecond('UTC');
  const micros = BigInt64Array.from(times, (seconds) => BigInt(seconds * MICROS));
  const time = arrow.makeData({ type: timeType, length: times.length, nullCount: 0, data: micros });
  const readings = [...columns].map(([, values]) => {
    const nullBitmap = new Uint8Array(Math.ceil(values.length / 64) * 8);
    let nullCount = 0;
    values.forEach((value, row) => {
      if (Number.isNaN(value)) nullCount++;
      else nullBitmap[row >> 3] = (nullBitmap[row >> 3] ?? 0) | (1 << (row & 7));
    });
    const nulls = nullCount === 0 ? {} : { nullBitmap };
    return arrow.makeData({ type: new arrow.Float64(), length: values.length, nullCount, data: values, ...nulls });
  });
  const schema = new arrow.Schema([
    new arrow.Field(TIME_COLUMN, timeType, true), ...[...columns.keys()].map((name) => new arrow.Field(name, new arrow.Float64(), true)),
  ]);
  const data = arrow.makeData({ type: new arrow.Struct(schema.fields), length: times.length, nullCount: 0, children: [time, ...readings] });
  return new arrow.Table(schema, new arrow.RecordBatch(schema, data));
}
