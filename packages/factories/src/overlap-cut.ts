import type { FactoryContext } from '@duckpond/pond';
import { quoteIdentifier } from '@duckpond/query';
import { timeSql } from './time-value.ts';
import type { Leaf } from './wide-join.ts';

/** Times before are those of a clock that was never set. */
const YEAR_2000_MICROS = 946_684_800_000_000n;

/**
 * The files of one instrument after another, so that no time is in two of them: in the order of their first times, each from behind the
 * last time of those before it. One that ends before that is left out as a whole.
 */
export async function cutOverlaps(context: Pick<FactoryContext, 'query'>, leaves: readonly Leaf[]): Promise<readonly Leaf[]> {
  const ranged = (await Promise.all(leaves.map(async (leaf) => ({ leaf, range: await rangeOf(context, leaf) }))))
    .flatMap(({ leaf, range }) => (range === undefined ? [] : [{ leaf, ...range }]))
    .sort((a, b) => compare(a.first, b.first) || compare(a.last, b.last));
  const cut: Leaf[] = [];
  let end = YEAR_2000_MICROS;
  for (const { leaf, last } of ranged) {
    if (last < end) continue;
    cut.push({ ...leaf, fromMicros: leaf.fromMicros === undefined || leaf.fromMicros < end ? end : leaf.fromMicros });
    end = last + 1n;
  }
  return cut;
}

/** The first and last time since 2000 that the leaf has; undefined when there is none. */
async function rangeOf(
  { query }: Pick<FactoryContext, 'query'>, { target, relation, time, unit, fromMicros, toMicros }: Leaf,
): Promise<{ readonly first: bigint; readonly last: bigint } | undefined> {
  const from = fromMicros === undefined || fromMicros < YEAR_2000_MICROS ? YEAR_2000_MICROS : fromMicros;
  const micros = `epoch_us(${timeSql(target, time, unit)})`;
  const to = toMicros === undefined ? '' : ` AND t < ${toMicros}`;
  const rows = `SELECT ${micros} AS t FROM "rows" WHERE ${quoteIdentifier(time.name)} IS NOT NULL`;
  const sql = `SELECT min(t), max(t) FROM (${rows}) WHERE t >= ${from}${to}`;
  for await (const [first, last] of (await query(sql, { rows: relation })).rows()) {
    if (typeof first === 'bigint' && typeof last === 'bigint') return { first, last };
  }
  return undefined;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
