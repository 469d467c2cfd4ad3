import type { FactoryContext, Tables } from '@duckpond/pond';
import { quoteIdentifier, type Relation } from '@duckpond/query';
import { momentSql, microsOfSql } from '../time-value.ts';
import { lastOfEachTime } from '../wide-join.ts';
import { meansOf } from './aggregation.ts';
import type { Buckets } from './buckets.ts';
import type { RollupConfig } from './reduce-config.ts';
import type { InputColumns, RollupColumns } from './rollup-source.ts';
import { EVERYTHING, type Range, type Segment } from './segments.ts';

/** One resolution of a rollup. */
export interface Level {
  readonly buckets: Buckets;
  /** The finer level that it is made of; undefined when it is made of the rows. */
  readonly parent: number | undefined;
}

/** All that the SQL of a rollup follows from. */
export interface RollupPlan {
  readonly config: RollupConfig;
  readonly inputs: readonly InputColumns[];
  readonly columns: RollupColumns;
  readonly levels: readonly Level[];
}

/** The columns of partials: the bucket's beginning, the number of rows, and what the aggregates need. */
function partialNames({ columns }: RollupPlan): readonly string[] {
  return ['b', 'n', ...columns.partials.map(({ name }) => name)];
}

/** The rows of all inputs in some ranges: `t` and the values. The input at place `i` is the table `r<i>`. */
export function rowsSql({ config, inputs, columns }: RollupPlan, ranges: readonly Range[]): string {
  const selects = inputs.map(({ input, time }, at) => {
    const { micros, isTime } = microsOfSql(input.target, time, config.time_unit);
    const name = quoteIdentifier(time.name);
    const values = (columns.sources[at] ?? []).map(({ column, v }) => `${quoteIdentifier(column)} AS ${v}`);
    const within = ranges.map(({ from, to }) => conditions([
      from === EVERYTHING.from ? '' : `${name} >= ${momentSql(from, time, config.time_unit)}`,
      to === EVERYTHING.to ? '' : `${name} < ${momentSql(to, time, config.time_unit)}`,
    ]));
    const bounds = within.some((one) => one === '') ? '' : `(${within.join(' OR ')})`;
    const select = `SELECT ${[`${micros} AS t`, ...values].join(', ')} FROM r${at} WHERE ${conditions([isTime, bounds])}`;
    return config.on_duplicate === 'last' ? `(${lastOfEachTime(select, (columns.sources[at] ?? []).map(({ v }) => v))})` : `(${select})`;
  });
  return selects.join(' UNION ALL BY NAME ');
}

/** Partials of a level from rows, or from finer partials; `source` is a table expression. */
export function partialsSql({ columns }: RollupPlan, { buckets, parent }: Level, source: string, range: Range): string {
  const bucket = buckets.sql(parent === undefined ? 't' : 'epoch_us(b)', range.from, range.to);
  const start = `make_timestamptz(${bucket}) AS b`;
  if (parent === undefined) {
    const list = [start, 'count(*) AS n', ...columns.partials.map(({ name, fromRows }) => `${fromRows} AS ${quoteIdentifier(name)}`)];
    return `SELECT ${list.join(', ')} FROM ${source} GROUP BY 1`;
  }
  const folds = columns.partials.map(({ name, fromPartials }) => `${fromPartials ?? 'NULL'} AS ${quoteIdentifier(name)}`);
  const means = [...new Set(meansOf(columns.partials))];
  const list = [start, 'CAST(sum(n) AS BIGINT) AS n', ...folds].join(', ');
  if (means.length === 0) return `SELECT ${list} FROM ${source} GROUP BY 1`;
  const mean = means.map((v) => `sum(${v}_m * ${v}_n) OVER w / sum(${v}_n) OVER w AS "mean_${v}"`).join(', ');
  return `SELECT ${list} FROM (SELECT *, ${mean} FROM ${source} WINDOW w AS (PARTITION BY ${bucket})) GROUP BY 1`;
}

/** Names for the files of segments, as tables. */
export interface FileTables {
  readonly names: ReadonlyMap<string, string>;
  readonly tables: Tables;
}

export function fileTables(segments: readonly Segment[], pathOf: (file: string) => string): FileTables {
  const files = [...new Set(segments.map(({ file }) => file))];
  const relation = (file: string): Relation => ({ parts: [{ kind: 'parquet', paths: [pathOf(file)] }] });
  return {
    names: new Map(files.map((file, at) => [file, `f${at}`])),
    tables: Object.fromEntries(files.map((file, at) => [`f${at}`, relation(file)])),
  };
}

/** The partials of a level in segments, in their order; undefined when there are none. */
export function segmentsSql(plan: RollupPlan, level: number, segments: readonly Segment[], { names }: FileTables): string | undefined {
  if (segments.length === 0) return undefined;
  const columns = partialNames(plan).map(quoteIdentifier).join(', ');
  return `(${segments.map(({ file, from, to }) => `SELECT ${columns} FROM ${names.get(file) ?? ''} WHERE ${conditions([
    `lvl = ${level}`,
    from === EVERYTHING.from ? '' : `b >= make_timestamptz(${from})`,
    to === EVERYTHING.to ? '' : `b < make_timestamptz(${to})`,
  ])}`).join(' UNION ALL ')})`;
}

/** What one level gets in an update. */
export interface LevelUpdate {
  /** A table expression: rows, or finer partials that stand already. */
  readonly source: string | undefined;
  /** Partials that are written again as they are. */
  readonly copied: string | undefined;
  /** What is computed. */
  readonly range: Range;
}

/** All levels of an update in one statement: the level in `lvl`, sorted by it and by time. */
export function updateSql(plan: RollupPlan, updates: readonly LevelUpdate[]): string {
  const names = partialNames(plan).map(quoteIdentifier).join(', ');
  const common = plan.levels.map((level, at) => {
    const { source, range } = updates[at] ?? { source: undefined, range: EVERYTHING };
    const standing = source === undefined ? '' : ` UNION ALL SELECT ${names} FROM ${source}`;
    const all = level.parent === undefined ? source ?? '' : `(SELECT ${names} FROM n${level.parent}${standing})`;
    return `n${at} AS MATERIALIZED (${partialsSql(plan, level, all, range)})`;
  });
  const selects = plan.levels.flatMap((_, at) => [`SELECT CAST(${at} AS UTINYINT) AS lvl, ${names} FROM n${at}`,
    ...(updates[at]?.copied === undefined ? [] : [`SELECT CAST(${at} AS UTINYINT) AS lvl, ${names} FROM ${updates[at].copied}`])]);
  return `WITH ${common.join(', ')} SELECT * FROM (${selects.join(' UNION ALL ')}) ORDER BY lvl, b`;
}

/** One level straight from the rows. */
export function directSql(plan: RollupPlan, at: number, range: Range): string {
  const level = plan.levels[at];
  if (level === undefined) return '';
  const source = level.parent === undefined ? `(${rowsSql(plan, [EVERYTHING])})` : `(${directSql(plan, level.parent, range)})`;
  return partialsSql(plan, level, source, range);
}

/** The rollup as it is shown, from partials; in the order of time. */
export function outputSql({ columns }: RollupPlan, source: string): string {
  const outputs = columns.outputs.map(({ name, sql }) => `${sql} AS ${quoteIdentifier(name)}`);
  return `SELECT ${[`b AS ${quoteIdentifier(columns.timeName)}`, ...outputs].join(', ')} FROM ${source}`;
}

/** Where the time of the rows begins and ends; undefined without rows. */
export async function timeRangeOf(
  { query }: Pick<FactoryContext, 'query'>, plan: RollupPlan, tables: Tables,
): Promise<Range | undefined> {
  for await (const [from, to] of (await query(`SELECT min(t), max(t) FROM (${rowsSql(plan, [EVERYTHING])})`, tables)).rows()) {
    if (typeof from === 'bigint' && typeof to === 'bigint') return { from, to: to + 1n };
  }
  return undefined;
}

function conditions(all: readonly string[]): string {
  return all.filter((one) => one !== '').join(' AND ');
}
