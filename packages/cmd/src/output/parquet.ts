import type { SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { Output } from '../effects.ts';
import { cellText } from './cell.ts';
import type { Cell, Column, ColumnType, Rows } from './rows.ts';

const GROUP_ROWS = 100_000;

type Leaf = Pick<SchemaElement, 'type' | 'converted_type' | 'logical_type'>;

const TEXT: Leaf = { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } };

const TYPES: Readonly<Record<ColumnType, Leaf>> = {
  string: TEXT,
  json: TEXT,
  jsontext: TEXT,
  decimal: TEXT,
  date: TEXT,
  binary: { type: 'BYTE_ARRAY' },
  long: { type: 'INT64' },
  double: { type: 'DOUBLE' },
  boolean: { type: 'BOOLEAN' },
  timestamp: {
    type: 'INT64', converted_type: 'TIMESTAMP_MICROS', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
  },
  datetime: { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'MICROS' } },
};

/** One Parquet file, snappy, a row group at a time. JSON columns are text. */
export async function writeParquet({ columns, rows }: Rows, out: Output): Promise<void> {
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({ writer: bytes, schema: schemaOf(columns), createdBy: 'duckpond' });
  let data: Cell[][] = columns.map(() => []);
  const flush = async (): Promise<void> => {
    await writer.write({ columnData: columns.map(({ name }, index) => ({ name, data: data[index] ?? [] })), rowGroupSize: GROUP_ROWS });
    data = columns.map(() => []);
    await out.write(bytes.getBytes().slice());
    bytes.index = 0;
  };
  for await (const row of rows) {
    columns.forEach(({ type }, index) => data[index]?.push(parquetValue(row[index], type)));
    if (data[0]?.length === GROUP_ROWS) await flush();
  }
  if ((data[0]?.length ?? 0) > 0) await flush();
  await writer.finish();
  await out.write(bytes.getBytes());
}

function schemaOf(columns: readonly Column[]): SchemaElement[] {
  return [
    { name: 'root', num_children: columns.length },
    ...columns.map(({ name, type }): SchemaElement => ({ name, repetition_type: 'OPTIONAL', ...TYPES[type] })),
  ];
}

function parquetValue(cell: Cell, type: ColumnType): Cell {
  if (cell === null || cell === undefined) return null;
  if (TYPES[type] === TEXT) return cellText(cell, type);
  return type === 'long' && typeof cell === 'number' ? BigInt(cell) : cell;
}
