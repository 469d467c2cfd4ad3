import type { ComputedRows, Dependence, FactoryContext } from '@duckpond/pond';
import { quoteIdentifier } from '@duckpond/query';
import { z } from 'zod';
import { columnPatterns, columnsMatching } from './column-pattern.ts';
import { type DefinedFactory, defineFactory, type RowsContext } from './define.ts';
import { columnName, instant, source } from './fields.ts';
import { cutOverlaps } from './overlap-cut.ts';
import { columnsOf, timeColumnOf } from './source-columns.ts';
import { matchesOf } from './source-match.ts';
import { rowsOrNone } from './source-rows.ts';
import { instantMicros, timeUnit } from './time-value.ts';
import { type Transform, transformed, transformInputs, transforms } from './transform.ts';
import { type Leaf, onDuplicate, wideJoin } from './wide-join.ts';

const input = z.strictObject({
  pattern: source,
  scope: z.string().min(1).optional().describe('Put before the names of its columns, with a dot. Inputs of one scope, and inputs without '
    + 'one, share columns of the same name: where several have a value at a time, the one of the later input counts'),
  range: z.strictObject({
    begin: instant.optional().describe('Rows from this time on; all unless told'),
    end: instant.optional().describe('Rows before this time; all unless told'),
  }).optional().describe('Which rows, by event time: from `begin` on and before `end`'),
  columns: columnPatterns.optional().describe('The columns that are wanted; all when it is left out'),
  transforms,
  overlap: z.enum(['all', 'later', 'cut']).default('all').describe('What several matches of the pattern are: rows of one input, which '
    + '`all` count; inputs of their own in the order of their paths, the `later` winning; or files of one instrument after another, `cut` '
    + 'so that each begins behind the end of the one that began before it (rows before the year 2000 are taken for a clock that was not '
    + 'set). `all` unless told'),
  on_duplicate: onDuplicate,
});
const schema = z.strictObject({
  time_column: columnName.optional().describe('The column of event times of all inputs and of the result; without it each input\'s own, '
    + 'and the name that the first has'),
  time_unit: timeUnit,
  inputs: z.array(input).min(1).describe('What is joined; the order counts where values are in each other\'s place'),
});
type Config = z.infer<typeof schema>;
type Input = z.infer<typeof input>;

const EXAMPLE = `inputs:
  - pattern: /stations/old.series
    scope: Silver
    range: { end: 2024-05-30T00:00:00Z }
  - pattern: /stations/new.series
    scope: Silver
    range: { begin: 2024-05-30T00:00:00Z }
  - pattern: csv:///imports/harbor.csv
    scope: Harbor
    columns: [Temperature.*, Salinity.*]
`;

/** Inputs side by side, by time. */
export const TIMESERIES_JOIN: DefinedFactory = defineFactory(
  { name: 'timeseries-join', summary: 'Series side by side: one row for each time, gaps are null', schema, example: EXAMPLE },
  {
    makes: 'series',
    inputs: ({ inputs }) => inputs.flatMap((one) => [one.pattern, ...transformInputs(one.transforms)]),
    rows: joinedRows,
    dependence,
  },
);

async function joinedRows(context: RowsContext<Config>): Promise<ComputedRows> {
  const { config } = context;
  const leaves = (await Promise.all(config.inputs.map((one) => leavesOf(context, config, one)))).flat();
  return wideJoin(leaves, config.time_column ?? leaves[0]?.time.name ?? 'timestamp');
}

async function leavesOf(context: RowsContext<Config>, config: Config, one: Input): Promise<readonly Leaf[]> {
  const targets = one.overlap === 'all' ? [one.pattern] : (await matchesOf(context.root, one.pattern)).map(({ target }) => target);
  const leaves = (await Promise.all(targets.map((target) => leafOf(context, config, one, target)))).filter((leaf) => leaf !== undefined);
  return one.overlap === 'cut' ? cutOverlaps(context, leaves) : leaves;
}

async function leafOf(context: RowsContext<Config>, config: Config, one: Input, target: string): Promise<Leaf | undefined> {
  const found = await rowsOrNone(context, target);
  if (found === undefined) return undefined;
  const { relation, timeColumn: own } = await transformed(context, target, found, one.transforms);
  const columns = await columnsOf(context, relation);
  const time = timeColumnOf(target, columns, { wanted: config.time_column, own });
  const values = columns.filter((column) => column !== time);
  const wanted = one.columns === undefined ? values : columnsMatching(one.columns, values);
  return {
    target, relation, time, unit: config.time_unit, onDuplicate: one.on_duplicate,
    values: wanted.map(({ name }) => ({ sql: quoteIdentifier(name), name: one.scope === undefined ? name : `${one.scope}.${name}` })),
    fromMicros: one.range?.begin === undefined ? undefined : instantMicros(one.range.begin),
    toMicros: one.range?.end === undefined ? undefined : instantMicros(one.range.end),
  };
}

/** Rows of a time are made of the rows of that time, when each input keeps it in the column that it says. */
async function dependence(context: RowsContext<Config>): Promise<Dependence> {
  const { config } = context;
  if (config.inputs.some(({ overlap }) => overlap === 'cut')) return 'any';
  const own = await Promise.all(config.inputs.map((one) => keepsTime(context, one.pattern, one.transforms, config.time_column)));
  return own.every(Boolean) ? 'same-time' : 'any';
}

/** Whether the column of event times of a source is the one that is wanted. */
export async function keepsTime(
  context: Pick<FactoryContext, 'rows' | 'query' | 'root'>, target: string, list: readonly Transform[] | undefined,
  wanted: string | undefined,
): Promise<boolean> {
  const found = await rowsOrNone(context, target);
  if (found === undefined) return true;
  const { timeColumn } = await transformed(context, target, found, list);
  return timeColumn !== undefined && (wanted === undefined || wanted.toLowerCase() === timeColumn.toLowerCase());
}
