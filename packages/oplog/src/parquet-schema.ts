import type { SchemaElement } from 'hyparquet';
import { type ColumnType, type Shape } from './shape.ts';

/** A Parquet leaf: physical type and annotations. */
export type ParquetField = SchemaElement;

const TYPES: Readonly<Record<ColumnType, Omit<SchemaElement, 'name' | 'repetition_type'>>> = {
  string: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  long: { type: 'INT64' },
  integer: { type: 'INT32' },
  timestamp: {
    type: 'INT64', converted_type: 'TIMESTAMP_MICROS', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
  },
  binary: { type: 'BYTE_ARRAY' },
  boolean: { type: 'BOOLEAN' },
  double: { type: 'DOUBLE' },
};

/** The Parquet fields of a shape, as Spark writes them: REQUIRED or OPTIONAL leaves, timestamps in UTC microseconds. */
export function parquetFields(shape: Shape): ParquetField[] {
  return shape.columns.map(({ name, type, nullable }) => ({ name, repetition_type: nullable ? 'OPTIONAL' : 'REQUIRED', ...TYPES[type] }));
}

/** The root element that Spark writes, and then the leaves. */
export function parquetSchemaOf(fields: readonly ParquetField[]): SchemaElement[] {
  return [{ name: 'spark_schema', num_children: fields.length }, ...fields];
}
