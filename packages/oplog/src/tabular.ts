/** A column of a table or series as it is stored: its type by name, and how many of the rows so far have no value in it. */
export interface StoredColumn {
  readonly name: string;
  readonly type: string;
  readonly nulls: number;
  readonly unit?: string;
  readonly description?: string;
}

/** What a version says about its rows. */
export interface VersionRows {
  readonly columns: readonly StoredColumn[];
  readonly rowCount: number;
  readonly timeColumn?: string;
  readonly timeMinMicros?: bigint;
  readonly timeMaxMicros?: bigint;
}

/** What is known about the rows of a node: of its newest version, and of all versions of a series together. */
export interface RowFacts {
  readonly timeColumn: string | null;
  readonly rowCount: number | null;
  readonly timeMinMicros: bigint | null;
  readonly timeMaxMicros: bigint | null;
  readonly totalRows: number | null;
  readonly totalTimeMinMicros: bigint | null;
  readonly totalTimeMaxMicros: bigint | null;
  /** JSON: see `decodeColumns`. */
  readonly schema: string | null;
}

/** The type that holds the values of both, or undefined when there is none. */
export type WidenType = (have: string, brought: string) => Promise<string | undefined> | string | undefined;

export const NO_ROW_FACTS: RowFacts = {
  timeColumn: null, rowCount: null, timeMinMicros: null, timeMaxMicros: null,
  totalRows: null, totalTimeMinMicros: null, totalTimeMaxMicros: null, schema: null,
};

/** The columns in a stored `schema`; undefined when there are none or it is not one. */
export function decodeColumns(schema: string | null): readonly StoredColumn[] | undefined {
  if (schema === null) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(schema);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value)) return undefined;
  const columns = value.map(columnOf);
  return columns.every((column) => column !== undefined) ? columns : undefined;
}

function columnOf(value: unknown): StoredColumn | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { name, type, nulls, unit, description } = value as { readonly [key: string]: unknown };
  if (typeof name !== 'string' || typeof type !== 'string' || typeof nulls !== 'number' || !Number.isSafeInteger(nulls)) return undefined;
  return {
    name, type, nulls,
    ...(typeof unit === 'string' ? { unit } : {}),
    ...(typeof description === 'string' ? { description } : {}),
  };
}

export function encodeColumns(columns: readonly StoredColumn[]): string {
  return JSON.stringify(columns.map(({ name, type, nulls, unit, description }) => ({ name, type, nulls, unit, description })));
}

/** A column whose type in a series and in what is appended to it have no common one. */
export interface ColumnClash {
  readonly column: string;
  readonly have: string;
  readonly brought: string;
}

/**
 * The columns of a series after an append: new ones come last, and a row counts as null in every column that it does not
 * have. Names are the same when they differ in case only, as DuckDB sees them.
 */
export async function mergeColumns(
  have: readonly StoredColumn[], haveRows: number, brought: readonly StoredColumn[], broughtRows: number, widen: WidenType,
): Promise<{ readonly columns: readonly StoredColumn[] } | { readonly clash: ColumnClash }> {
  const columns: StoredColumn[] = [];
  const added = new Map(brought.map((column) => [column.name.toLowerCase(), column]));
  for (const old of have) {
    const key = old.name.toLowerCase();
    const more = added.get(key);
    added.delete(key);
    if (more === undefined) {
      columns.push({ ...old, nulls: old.nulls + broughtRows });
      continue;
    }
    const type = more.type === old.type ? old.type : await widen(old.type, more.type);
    if (type === undefined) return { clash: { column: old.name, have: old.type, brought: more.type } };
    // What the append says about the meaning of a column is newer.
    columns.push({ ...old, ...more, name: old.name, type, nulls: old.nulls + more.nulls });
  }
  for (const column of added.values()) columns.push({ ...column, nulls: column.nulls + haveRows });
  return { columns };
}

export function least(a: bigint | null, b: bigint | null): bigint | null {
  return a === null || (b !== null && b < a) ? b : a;
}

export function most(a: bigint | null, b: bigint | null): bigint | null {
  return a === null || (b !== null && b > a) ? b : a;
}
