import { describeSelect } from './describe-select.ts';
import { quoteIdentifier } from './identifier.ts';
import type { Column } from './relation.ts';
import type { ScanSession } from './scan-session.ts';
import type { TabularColumn, TabularFacts } from './tabular-facts.ts';
import { epochMicros, findTimeColumn } from './time-column.ts';

/** What people say about a column. */
export interface ColumnNote {
  readonly unit?: string;
  readonly description?: string;
}

/** The key of a Parquet file's metadata under which the notes of its columns stand, as JSON: `{"columns": {"a": {"unit": "m"}}}`. */
export const NOTES_KEY = 'duckpond.columns';

interface ColumnStatistics {
  /** Undefined when the footer does not say. */
  readonly nulls?: number;
  readonly least?: string;
  readonly greatest?: string;
}

/**
 * What there is to know about the rows of a Parquet file that DuckDB wrote, out of its footer. Only columns whose null counts or bounds the
 * footer lacks (lists, structs, maps, intervals) are scanned.
 */
export async function parquetFacts(
  session: ScanSession, path: string, options: { readonly timeColumn?: string; readonly notes?: ReadonlyMap<string, ColumnNote> } = {},
): Promise<TabularFacts> {
  const file = await session.bindTexts([path]);
  const source = `read_parquet(${file})`;
  const columns = await describeSelect(session, `SELECT * FROM ${source}`);
  const [[rows] = []] = await session.all(`SELECT coalesce(sum(num_rows), 0)::BIGINT FROM parquet_file_metadata(${file})`);
  const rowCount = Number(rows ?? 0);
  const statistics = await footerStatistics(session, file, rowCount);
  const nulls = await nullCounts(session, source, columns, statistics);
  const bounds = (name: string): ColumnStatistics | undefined => statistics.get(name);
  const time = await findTimeColumn(columns, (name) => {
    const { least, greatest } = bounds(name) ?? {};
    const isKnown = least !== undefined && greatest !== undefined;
    return Promise.resolve(isKnown ? { least: BigInt(least), greatest: BigInt(greatest) } : undefined);
  }, options.timeColumn);
  const range = time === undefined ? undefined
    : time.unit !== undefined ? wholeRange(bounds(time.name), time.unit) : await timeRange(session, source, time.name, bounds(time.name));
  return {
    columns: columns.map(({ name, type }): TabularColumn => ({ name, type, nulls: nulls.get(name) ?? 0, ...options.notes?.get(name) })),
    rowCount,
    ...(time === undefined ? {} : { timeColumn: time.name }),
    ...(range === undefined ? {} : { timeMinMicros: range[0], timeMaxMicros: range[1] }),
  };
}

/** Per top-level column without children. A name that could be the path of a nested one has none. */
async function footerStatistics(session: ScanSession, file: string, rowCount: number): Promise<ReadonlyMap<string, ColumnStatistics>> {
  if (rowCount === 0) return new Map();
  const rows = await session.all(`
    SELECT path_in_schema, sum(stats_null_count)::BIGINT, bool_and(stats_null_count IS NOT NULL), sum(num_values)::BIGINT,
      list(stats_min_value), list(stats_max_value), bool_and(stats_min_value IS NOT NULL OR stats_null_count = num_values), any_value(type)
    FROM parquet_metadata(${file}) GROUP BY path_in_schema`);
  const found = new Map<string, ColumnStatistics>();
  for (const [path, nulls, hasNulls, values, minima, maxima, hasBounds, type] of rows) {
    if (typeof path !== 'string' || hasNulls !== true || Number(values) !== rowCount) continue;
    const isWhole = type === 'INT32' || type === 'INT64';
    const [least, greatest] = hasBounds === true && isWhole ? [extreme(textsOf(minima), -1), extreme(textsOf(maxima), 1)] : [];
    found.set(path, {
      nulls: Number(nulls), ...(least === undefined ? {} : { least }), ...(greatest === undefined ? {} : { greatest }),
    });
  }
  return found;
}

function textsOf(value: unknown): readonly string[] {
  if (value === null || typeof value !== 'object' || !('items' in value) || !Array.isArray(value.items)) return [];
  return value.items.filter((item): item is string => typeof item === 'string');
}

/** The least or greatest of whole numbers, or of timestamps as DuckDB prints them with four digits of the year: their texts have the order. */
function extreme(values: readonly string[], direction: -1 | 1): string | undefined {
  const whole = values.every((value) => /^-?\d+$/.test(value));
  const shaped = values.every((value) => /^\d{4}-/.test(value));
  if (!whole && !shaped) return undefined;
  const isLess = (a: string, b: string): boolean => (whole ? BigInt(a) < BigInt(b) : a < b);
  const isBeyond = (a: string, b: string): boolean => (direction < 0 ? isLess(a, b) : isLess(b, a));
  return values.reduce<string | undefined>((best, value) => (best === undefined || isBeyond(value, best) ? value : best), undefined);
}

async function nullCounts(
  session: ScanSession, source: string, columns: readonly Column[], statistics: ReadonlyMap<string, ColumnStatistics>,
): Promise<ReadonlyMap<string, number>> {
  const nulls = new Map<string, number>();
  const scanned: string[] = [];
  const nested = columns.some(({ type }) => /[[(]/.test(type));
  for (const { name, type } of columns) {
    const known = statistics.get(name)?.nulls;
    const isPlain = !/\[|^(STRUCT|MAP)\(/.test(type) && !(nested && name.includes(', '));
    if (known !== undefined && isPlain) nulls.set(name, known);
    else scanned.push(name);
  }
  if (scanned.length === 0) return nulls;
  const counts = scanned.map((name) => `count(*) - count(${quoteIdentifier(name)})`).join(', ');
  const [row = []] = await session.all(`SELECT ${counts} FROM ${source}`);
  scanned.forEach((name, at) => nulls.set(name, Number(row[at] ?? 0)));
  return nulls;
}

function wholeRange({ least, greatest }: ColumnStatistics = {}, unit: 's' | 'ms' | 'us' | 'ns'): readonly [bigint, bigint] | undefined {
  if (least === undefined || greatest === undefined) return undefined;
  return [epochMicros(BigInt(least), unit), epochMicros(BigInt(greatest), unit)];
}

/** Out of the footer when it says; infinite times do not count, and then the column is scanned. */
async function timeRange(
  session: ScanSession, source: string, name: string, { least, greatest }: ColumnStatistics = {},
): Promise<readonly [bigint, bigint] | undefined> {
  const micros = (expression: string): string => `epoch_us(CAST(${expression} AS TIMESTAMP WITH TIME ZONE))`;
  const column = quoteIdentifier(name);
  const [row = []] = least !== undefined && greatest !== undefined
    ? await session.all(`SELECT ${micros(await session.bind(least))}, ${micros(await session.bind(greatest))}`)
    : await session.all(`SELECT ${micros(`min(${column})`)}, ${micros(`max(${column})`)} FROM ${source} WHERE isfinite(${column})`);
  const [from, to] = row;
  return typeof from === 'bigint' && typeof to === 'bigint' ? [from, to] : undefined;
}
