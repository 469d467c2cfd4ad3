import { type Carried } from './carried.ts';

/** The JavaScript value of each column type. The type names are those of the Delta protocol. */
export interface ColumnValue {
  /** UTF-8. A string with a lone surrogate is refused, because it would not come back. */
  string: string;
  /** int64, asserted to be a safe integer on the way in and out. */
  long: number;
  /** int32. */
  integer: number;
  /** Microseconds since 1970 in UTC. */
  timestamp: bigint;
  binary: Uint8Array;
  boolean: boolean;
  /** float64. */
  double: number;
}

export type ColumnType = keyof ColumnValue;

/** `[column, type]` is never null; `[column, type, 'nullable']` may be. */
export type ColumnSpec = readonly [column: string, type: ColumnType] | readonly [column: string, type: ColumnType, nullable: 'nullable'];

/** Row keys (camelCase) to columns (snake_case), in column order. */
export type ColumnSpecs = Readonly<{ [key: string]: ColumnSpec }>;

/** One column at run time. */
export interface Column {
  readonly key: string;
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
}

/**
 * One stored shape. The row type (`RowOf`), the Arrow schema (ipc.ts), the Delta schema (`deltaSchemaString`) and
 * the Parquet schema (parquet-schema.ts) all follow from it.
 */
export interface Shape<S extends ColumnSpecs = ColumnSpecs> {
  readonly name: string;
  readonly specs: S;
  readonly columns: readonly Column[];
  readonly byName: ReadonlyMap<string, Column>;
}

type ValueOf<S extends ColumnSpec> = S extends readonly [string, infer T extends ColumnType, 'nullable']
  ? ColumnValue[T] | null
  : ColumnValue[S[1]];

type NullableKeys<S extends ColumnSpecs> = { [K in keyof S]: S[K] extends readonly [string, ColumnType, 'nullable'] ? K : never }[keyof S];

/** A row as it is read: every key is there, nullable ones may be null. */
export type RowOf<T extends Shape> = Readonly<{ [K in keyof T['specs']]: ValueOf<T['specs'][K]> }> & Carried;

/** A row as it may be written: a nullable key may also be left out. Every `RowOf` is one. */
export type NewRowOf<T extends Shape> =
  & Readonly<{ [K in Exclude<keyof T['specs'], NullableKeys<T['specs']>>]: ValueOf<T['specs'][K]> }>
  & Readonly<{ [K in NullableKeys<T['specs']>]?: ValueOf<T['specs'][K]> }>
  & Carried;

/**
 * Defines a stored shape. The specs are written `as const` in a constant of their own
 * (isolatedDeclarations asks for a type on every exported constant):
 *
 *     const columns = { partId: ['part_id', 'string'], kind: ['kind', 'string', 'nullable'] } as const;
 *     export const Record: Shape<typeof columns> = defineShape('Record', columns);
 *     export type Record = RowOf<typeof Record>;
 */
export function defineShape<const S extends ColumnSpecs>(name: string, specs: S): Shape<S> {
  const columns = Object.entries(specs).map(([key, spec]): Column => ({
    key, name: spec[0], type: spec[1], nullable: spec[2] === 'nullable',
  }));
  const byName = new Map(columns.map((column) => [column.name, column]));
  if (byName.size !== columns.length) throw new TypeError(`Cannot define "${name}": two columns have one name, names were to be unique`);
  if (columns.length === 0) throw new TypeError(`Cannot define "${name}": it has no columns, at least one was wanted`);
  return { name, specs, columns, byName };
}

/** The `schemaString` of a Delta `metaData` action for a table of this shape. */
export function deltaSchemaString(shape: Shape): string {
  const fields = shape.columns.map(({ name, type, nullable }) => ({ name, type, nullable, metadata: {} }));
  return JSON.stringify({ type: 'struct', fields });
}
