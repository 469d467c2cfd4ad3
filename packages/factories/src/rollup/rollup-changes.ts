import type { FactoryContext, Origin, Tables } from '@duckpond/pond';
import { isTimeType, microsOfSql } from '../time-value.ts';
import type { SourceState } from './manifest.ts';
import type { RollupPlan } from './rollup-sql.ts';
import { EVERYTHING, fewRanges, type Range } from './segments.ts';

/** Beyond this many stretches of time, what lies between them is computed, too. */
const MOST_RANGES = 8;
// So many buckets without a new row are computed rather than left out.
const NEAR = 16;
const DAY = 86_400_000_000n;
const LIFT = 10n ** 17n;

/** The files that an origin has, as they are. */
export function sourcesOf({ files }: Origin): readonly SourceState[] {
  return files.map(({ path, node }) => ({ path, id: node.id, version: node.version }))
    .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/** Whether a state of the sources is older than another in some way: what was computed then must not be replaced. */
export function isOlder(sources: readonly SourceState[], than: readonly SourceState[]): boolean {
  const versions = new Map(than.map(({ id, version }) => [id, version]));
  return sources.some(({ id, version }) => version < (versions.get(id) ?? 0));
}

/** The stretches of event time in which rows are other than they were; everything when that cannot be told. */
export async function changedRanges(
  pond: Pick<FactoryContext, 'rows' | 'query'>, plan: RollupPlan, origin: Origin, before: readonly SourceState[],
): Promise<readonly Range[]> {
  const known = new Map(before.map((source) => [source.id, source]));
  const now = new Set<string>(origin.files.map(({ node }) => node.id));
  if (before.some(({ id }) => !now.has(id))) return [EVERYTHING];
  const grown = origin.files.filter(({ path, node }) => {
    const source = known.get(node.id);
    return source?.version !== node.version || source.path !== path;
  });
  if (grown.length === 0) return [];
  const isMoved = grown.some(({ path, node }) => node.kind !== 'series' || (known.get(node.id)?.path ?? path) !== path);
  if (origin.dependence !== 'same-time' || isMoved) return [EVERYTHING];
  const selects: string[] = [];
  const tables: Record<string, Tables[string]> = {};
  for (const [at, { path, node }] of grown.entries()) {
    const time = timeOf(plan, path, node.tabular?.timeColumn, node.tabular?.columns ?? []);
    if (time === undefined) return [EVERYTHING];
    const { micros, isTime } = microsOfSql(path, time, plan.config.time_unit);
    tables[`s${at}`] = (await pond.rows(path, { after: known.get(node.id)?.version ?? 0 })).relation;
    selects.push(`SELECT ${micros} AS t FROM s${at} WHERE ${isTime}`);
  }
  return islands(pond, selects.join(' UNION ALL '), tables, stepOf(plan));
}

/** The time column of new rows, whose times are those of the rollup's rows. */
function timeOf(
  { inputs }: RollupPlan, path: string, own: string | undefined, columns: readonly { readonly name: string; readonly type: string }[],
): { readonly name: string; readonly type: string } | undefined {
  const direct = inputs.find(({ input }) => input.target === path && input.transforms === undefined);
  const found = columns.find(({ name }) => name === (direct?.time.name ?? own));
  return found !== undefined && (direct !== undefined || isTimeType(found.type)) ? { name: found.name, type: found.type } : undefined;
}

function stepOf({ levels }: RollupPlan): bigint {
  const steps = levels.map(({ buckets: { duration } }) => (duration.kind === 'fixed' ? duration.micros : DAY));
  return steps.reduce((least, step) => (step < least ? step : least), DAY);
}

/** The stretches of time that rows are in, each a little wider than its rows. */
async function islands(pond: Pick<FactoryContext, 'query'>, rows: string, tables: Tables, step: bigint): Promise<readonly Range[]> {
  const sql = `WITH s AS (SELECT DISTINCT (t + ${LIFT}) // ${step} AS s FROM (${rows})),
    j AS (SELECT s, s - lag(s, 1, s) OVER (ORDER BY s) > ${NEAR} AS jump FROM s),
    k AS (SELECT s, count(*) FILTER (jump) OVER (ORDER BY s) AS island FROM j)
    SELECT min(s), max(s) FROM k GROUP BY island`;
  const found: Range[] = [];
  for await (const [first, last] of (await pond.query(sql, tables)).rows()) {
    if (typeof first === 'bigint' && typeof last === 'bigint') found.push({ from: first * step - LIFT, to: (last + 1n) * step - LIFT });
  }
  return fewRanges(found, MOST_RANGES);
}
