import {
  Binary, Bool, type DataType, Field, Float64, Int64, makeBuilder, makeData, RecordBatch, RecordBatchStreamWriter, Schema, Struct,
  TimestampMicrosecond, Utf8,
} from 'apache-arrow';
import type { Output } from '../effects.ts';
import { cellText } from './cell.ts';
import type { Cell, Column, ColumnType, Rows } from './rows.ts';

const BATCH_ROWS = 8192;
/** A stream ends with a continuation mark and a length of zero. */
const END_LENGTH = 8;

const TYPES: Readonly<Record<ColumnType, () => DataType>> = {
  string: () => new Utf8(),
  json: () => new Utf8(),
  jsontext: () => new Utf8(),
  decimal: () => new Utf8(),
  date: () => new Utf8(),
  binary: () => new Binary(),
  long: () => new Int64(),
  double: () => new Float64(),
  boolean: () => new Bool(),
  timestamp: () => new TimestampMicrosecond('UTC'),
  datetime: () => new TimestampMicrosecond(),
};

const TEXTS: ReadonlySet<ColumnType> = new Set(['string', 'json', 'jsontext', 'decimal', 'date']);

/**
 * One Arrow IPC stream. The library's writer queues without bound, so each batch is encoded as a stream of its own and
 * all but the first lose the schema message, all but the last the end mark.
 */
export async function writeArrow({ columns, rows }: Rows, out: Output): Promise<void> {
  const schema = new Schema(columns.map(({ name, type }) => new Field(name, TYPES[type](), true)));
  const empty = encode(schema, []);
  const head = empty.length - END_LENGTH;
  await out.write(empty.subarray(0, head));
  let batch: (readonly Cell[])[] = [];
  const flush = async (): Promise<void> => {
    const bytes = encode(schema, [recordBatch(schema, columns, batch)]);
    batch = [];
    await out.write(bytes.subarray(head, bytes.length - END_LENGTH));
  };
  for await (const row of rows) {
    batch.push(row);
    if (batch.length === BATCH_ROWS) await flush();
  }
  if (batch.length > 0) await flush();
  await out.write(empty.subarray(head));
}

function encode(schema: Schema, batches: readonly RecordBatch[]): Uint8Array {
  const writer = new RecordBatchStreamWriter();
  writer.reset(undefined, schema);
  for (const batch of batches) writer.write(batch);
  writer.finish();
  return writer.toUint8Array(true);
}

function recordBatch(schema: Schema, columns: readonly Column[], rows: readonly (readonly Cell[])[]): RecordBatch {
  const children = columns.map(({ type }, index) => {
    // The library's builder of timestamps takes milliseconds only; as plain integers they keep their microseconds.
    const builder = makeBuilder({ type: isTime(type) ? new Int64() : TYPES[type](), nullValues: [null, undefined] });
    for (const row of rows) builder.append(arrowValue(row[index], type));
    const data = builder.finish().flush();
    return isTime(type) ? data.clone(TYPES[type]()) : data;
  });
  return new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length: rows.length, nullCount: 0, children }));
}

function arrowValue(cell: Cell, type: ColumnType): Cell {
  if (cell === null || cell === undefined) return null;
  if (TEXTS.has(type)) return cellText(cell, type);
  return type === 'long' && typeof cell === 'number' ? BigInt(cell) : cell;
}

function isTime(type: ColumnType): boolean {
  return type === 'timestamp' || type === 'datetime';
}
