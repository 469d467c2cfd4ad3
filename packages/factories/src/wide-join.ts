import { type ComputedRows, selectOf, type Tables } from '@duckpond/pond';
import { type Column, quoteIdentifier, type Relation } from '@duckpond/query';
import { z } from 'zod';
import { FactoryError } from './errors.ts';
import { isTimeType, momentSql, timeSql, type TimeUnit } from './time-value.ts';

/** What rows of one input with the same time mean. */
export const onDuplicate: z.ZodType<OnDuplicate, OnDuplicate | undefined> = z.enum(['all', 'last']).default('all')
  .describe('Rows of one input with the same event time: `all` of them count, or only the `last` in the order of the versions. '
    + '`all` unless told');
export type OnDuplicate = 'all' | 'last';

/** One input of a wide table: its rows, and what of them is in it. */
export interface Leaf {
  /** What messages call it. */
  readonly target: string;
  readonly relation: Relation;
  readonly time: Column;
  readonly unit: TimeUnit | undefined;
  readonly values: readonly LeafValue[];
  /** Microseconds since 1970 UTC, half-open. */
  readonly fromMicros?: bigint | undefined;
  readonly toMicros?: bigint | undefined;
  readonly onDuplicate: OnDuplicate;
}

export interface LeafValue {
  /** An expression over the rows of the input. */
  readonly sql: string;
  /** In the wide table. The same name in several inputs is one column: the value of the last input that has one counts. */
  readonly name: string;
}

// One chain of joins holds all inputs in memory side by side, and copies each row once for each input behind it: many are joined in groups.
const MOST_IN_A_CHAIN = 12;

/**
 * A full outer join of inputs by time: a row for each time that any of them has, gaps are null. Rows without a time are left out.
 * Filters on the time reach all inputs, and columns that nobody asks for are not read.
 *
 * @throws FactoryError `bad-input`
 */
export function wideJoin(leaves: readonly Leaf[], timeName: string): ComputedRows {
  const types = [...new Set(leaves.map(({ time }) => time.type))];
  const isOneType = types.length === 1 && isTimeType(types[0] ?? '');
  const timeType = isOneType ? types[0] ?? '' : 'TIMESTAMP WITH TIME ZONE';
  const outputs = outputsOf(leaves, timeName);
  if (leaves.length === 0) return { relation: { parts: [], columns: [{ name: timeName, type: timeType }] }, timeColumn: timeName };
  const columns = [...outputs].map(([, { name, sources }]) => `${mergedSql(sources)} AS ${quoteIdentifier(name)}`);
  const selects = leaves.map((leaf, at) => leafSelect(leaf, at, isOneType));
  const sql = `SELECT ${['"t"', ...columns].map((one, at) => (at === 0 ? `${one} AS ${quoteIdentifier(timeName)}` : one)).join(', ')} `
    + `FROM ${joined(selects)}`;
  const tables: Tables = Object.fromEntries(leaves.map(({ relation }, at) => [`i${at}`, relation]));
  return { relation: { parts: [selectOf(sql, tables)] }, timeColumn: timeName };
}

interface Output {
  readonly name: string;
  /** Where its values are, the last input first. */
  readonly sources: string[];
}

function outputsOf(leaves: readonly Leaf[], timeName: string): ReadonlyMap<string, Output> {
  const outputs = new Map<string, Output>();
  for (const [at, { target, values }] of leaves.entries()) {
    for (const [index, { name }] of values.entries()) {
      const key = name.toLowerCase();
      if (key === timeName.toLowerCase()) {
        const why = `its column ${JSON.stringify(name)} has the name of the time, a scope or another name was wanted`;
        throw new FactoryError('bad-input', `Cannot join ${JSON.stringify(target)}: ${why}`, { target, column: name });
      }
      const output = outputs.get(key) ?? { name, sources: [] };
      output.sources.unshift(`"c${at}_${index}"`);
      outputs.set(key, output);
    }
  }
  return outputs;
}

function mergedSql(sources: readonly string[]): string {
  return sources.length === 1 ? sources[0] ?? '' : `coalesce(${sources.join(', ')})`;
}

function leafSelect(leaf: Leaf, at: number, isOneType: boolean): string {
  const { target, time, unit, values, fromMicros, toMicros } = leaf;
  const name = quoteIdentifier(time.name);
  const sql = isOneType ? name : timeSql(target, time, unit);
  const bounds = [
    `${name} IS NOT NULL`,
    ...(fromMicros === undefined ? [] : [`${name} >= ${momentSql(fromMicros, time, unit)}`]),
    ...(toMicros === undefined ? [] : [`${name} < ${momentSql(toMicros, time, unit)}`]),
  ];
  const columns = values.map(({ sql: value }, index) => `${value} AS "c${at}_${index}"`);
  const select = `SELECT ${[`${sql} AS "t"`, ...columns].join(', ')} FROM "i${at}" WHERE ${bounds.join(' AND ')}`;
  return `(${leaf.onDuplicate === 'last' ? lastOfEachTime(select, values.map((_, index) => `"c${at}_${index}"`)) : select})`;
}

/**
 * Of rows with the same time `t` the last one. Their order is the one of the source, which is read by one thread for it. (QUALIFY with
 * row_number() says the same; DuckDB 1.5.6 fails on two of them in each other under a filter.)
 */
export function lastOfEachTime(select: string, columns: readonly string[]): string {
  const last = columns.map((column) => `arg_max_null(${column}, "__row") AS ${column}`);
  return `SELECT ${['"t"', ...last].join(', ')} FROM (SELECT *, row_number() OVER () AS "__row" FROM (${select})) GROUP BY "t"`;
}

function joined(selects: readonly string[]): string {
  if (selects.length <= MOST_IN_A_CHAIN) return chain(selects);
  const size = Math.ceil(Math.sqrt(selects.length));
  const groups: string[] = [];
  for (let at = 0; at < selects.length; at += size) groups.push(chain(selects.slice(at, at + size)));
  return chain(groups);
}

function chain(selects: readonly string[]): string {
  const [first = '', ...others] = selects;
  return others.length === 0 ? first : `(SELECT * FROM ${first}${others.map((one) => ` FULL JOIN ${one} USING ("t")`).join('')})`;
}
