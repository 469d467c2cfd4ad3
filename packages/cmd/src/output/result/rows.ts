import type { Cell, Column, ColumnType, Row, Rows } from '../rows.ts';
import { shortFloat } from '../number-text.ts';
import { prefetch } from './prefetch.ts';
import type { ResultSource, ResultVector } from './source.ts';
import { arrowTypeName, type DuckType, parseDuckType } from './type.ts';
import { valueJson, valueText } from './value.ts';

interface CellReader {
  readonly type: ColumnType;
  readonly read: (value: unknown) => Cell;
}

/** A result as rows of cells, for the formats and charts that take them one by one. */
export function resultRows(source: ResultSource): Rows {
  const types = source.columns.map(({ type }) => parseDuckType(type));
  const readers = types.map(cellReader);
  const columns = source.columns.map(({ name }, index): Column => ({
    name, type: readers[index]?.type ?? 'string', label: arrowTypeName(types[index] ?? { name: '', members: [], sizes: [] }),
  }));
  return { columns, rows: readRows(source, readers) };
}

async function* readRows(source: ResultSource, readers: readonly CellReader[]): AsyncGenerator<Row, void, undefined> {
  for await (const chunk of prefetch(source.chunks())) {
    const vectors = readers.map((_, index) => chunk.getColumnVector(index));
    const { rowCount } = chunk;
    for (let row = 0; row < rowCount; row++) yield readers.map(({ read }, index) => cellOf(vectors[index], row, read));
  }
}

function cellOf(vector: ResultVector | undefined, row: number, read: (value: unknown) => Cell): Cell {
  const value = vector?.getItem(row);
  return value === null || value === undefined ? null : read(value);
}

function cellReader(type: DuckType): CellReader {
  const text = valueText(type);
  switch (type.name) {
    case 'BOOLEAN': return { type: 'boolean', read: same };
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'BIGINT':
    case 'UTINYINT':
    case 'USMALLINT':
    case 'UINTEGER':
    case 'UBIGINT':
    case 'HUGEINT':
    case 'UHUGEINT':
    case 'BIGNUM': return { type: 'long', read: same };
    case 'FLOAT': return { type: 'double', read: (value) => shortFloat(Number(value)) };
    case 'DOUBLE': return { type: 'double', read: same };
    case 'DECIMAL': return { type: 'decimal', read: text };
    case 'DATE': return { type: 'date', read: text };
    case 'TIMESTAMP': return { type: 'datetime', read: micros };
    case 'TIMESTAMP WITH TIME ZONE': return { type: 'timestamp', read: micros };
    case 'BLOB': return { type: 'binary', read: bytes };
    case 'JSON': return { type: 'jsontext', read: text };
    case 'LIST':
    case 'ARRAY':
    case 'STRUCT':
    case 'MAP': return { type: 'jsontext', read: valueJson(type) };
    default: return { type: 'string', read: text };
  }
}

function same(value: unknown): Cell {
  return value;
}

function micros(value: unknown): Cell {
  return typeof value === 'object' && value !== null && 'micros' in value ? value.micros : value;
}

function bytes(value: unknown): Cell {
  return typeof value === 'object' && value !== null && 'bytes' in value ? value.bytes : value;
}
