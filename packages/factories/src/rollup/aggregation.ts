import { quoteIdentifier } from '@duckpond/query';
import { z } from 'zod';
import { columnPatterns } from '../column-pattern.ts';

export type AggregationType = 'avg' | 'min' | 'max' | 'sum' | 'count' | 'first' | 'last' | 'stddev' | 'percentile';

const type: z.ZodType<AggregationType> = z.enum(['avg', 'min', 'max', 'sum', 'count', 'first', 'last', 'stddev', 'percentile'])
  .describe('`avg`, `min`, `max`, `sum`, `count` (values that are there), `first` and `last` (by event time; of several at one time the '
    + 'least and the greatest), `stddev` (of a sample), `percentile` (continuous; always computed from the rows themselves, at each '
    + 'resolution)');

/** What is computed of which columns. */
export const aggregation: z.ZodType<Aggregation> = z.strictObject({
  type,
  columns: columnPatterns.optional(),
  percentiles: z.array(z.number().min(0).max(100)).min(1).optional().describe('For `percentile`: which, from 0 to 100; 50 is the median'),
}).superRefine((one, context) => {
  if ((one.type === 'percentile') === (one.percentiles !== undefined)) return;
  const message = one.type === 'percentile'
    ? 'is missing, a list such as [50, 95] was wanted' : `is given for ${one.type}, type: percentile was wanted`;
  context.addIssue({ code: 'custom', path: ['percentiles'], message });
});
export interface Aggregation {
  readonly type: AggregationType;
  readonly columns?: string[] | undefined;
  readonly percentiles?: number[] | undefined;
}

/** One column of a rollup. */
export interface OutputColumn {
  /** `<column>.<aggregate>` */
  readonly name: string;
  /** Over the columns of partials. */
  readonly sql: string;
}

/** A column that partials keep, from which outputs are made, and coarser partials. */
export interface PartialColumn {
  readonly name: string;
  /** Over rows with the time `t`, in microseconds. */
  readonly fromRows: string;
  /** Over finer partials; undefined when it cannot be made of them. `{m}` in it is the mean of the coarser one. */
  readonly fromPartials: string | undefined;
}

/** A column of values in the rows: `v` is its name there. */
export interface ValueColumn {
  readonly name: string;
  readonly type: string;
  readonly v: string;
}

const WHOLE = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER)$/;

/** What partials keep of a column for some aggregates. */
export function partialsOf({ v, type: valueType }: ValueColumn, { type: kind, percentiles = [] }: Aggregation): readonly PartialColumn[] {
  const column = (name: string, fromRows: string, fromPartials: string | undefined): PartialColumn => (
    { name: `${v}_${name}`, fromRows, fromPartials });
  const count = column('n', `count(${v})`, `sum(${v}_n)::BIGINT`);
  const total = WHOLE.test(valueType) ? 'DECIMAL(38, 0)' : undefined;
  const sum = column('s', total === undefined ? `sum(${v})` : `CAST(sum(${v}) AS ${total})`, `sum(${v}_s)`);
  switch (kind) {
    case 'count': return [count];
    case 'sum': return [sum];
    case 'avg': return [count, sum];
    case 'min': return [column('lo', `min(${v})`, `min(${v}_lo)`)];
    case 'max': return [column('hi', `max(${v})`, `max(${v}_hi)`)];
    case 'first': return [
      column('f', `arg_min(${v}, (t, ${v}))`, `arg_min(${v}_f, (${v}_ft, ${v}_f))`), column('ft', time('min', v), `min(${v}_ft)`),
    ];
    case 'last': return [
      column('l', `arg_max(${v}, (t, ${v}))`, `arg_max(${v}_l, (${v}_lt, ${v}_l))`), column('lt', time('max', v), `max(${v}_lt)`),
    ];
    // Squares of distances from the mean: those of finer partials, and those of their means from the common one.
    case 'stddev': return [
      count, column('m', `avg(${v})`, `sum(${v}_m * ${v}_n) / sum(${v}_n)`),
      column('d', `var_pop(${v}) * count(${v})`, `sum(${v}_d + ${v}_n * (${v}_m - "mean_${v}") ** 2)`),
    ];
    case 'percentile': return percentiles.map((p) => column(percentileName(p), `quantile_cont(${v}, ${p / 100})`, undefined));
  }
}

/** The columns whose common mean a coarser partial needs beside each finer one. */
export function meansOf(partials: readonly PartialColumn[]): readonly string[] {
  return partials.flatMap(({ fromPartials }) => /"mean_(\w+)"/.exec(fromPartials ?? '')?.[1] ?? []);
}

/** The columns of a rollup that one aggregate gives for a column. */
export function outputsOf(
  { v, name, type: valueType }: ValueColumn, { type: kind, percentiles = [] }: Aggregation,
): readonly OutputColumn[] {
  const output = (suffix: string, sql: string): OutputColumn => ({ name: `${name}.${suffix}`, sql });
  switch (kind) {
    case 'count': return [output('count', `${v}_n`)];
    case 'sum': return [output('sum', WHOLE.test(valueType) ? `CAST(${v}_s AS HUGEINT)` : `${v}_s`)];
    case 'avg': return [output('avg', `CAST(${v}_s AS DOUBLE) / nullif(${v}_n, 0)`)];
    case 'min': return [output('min', `${v}_lo`)];
    case 'max': return [output('max', `${v}_hi`)];
    case 'first': return [output('first', `${v}_f`)];
    case 'last': return [output('last', `${v}_l`)];
    case 'stddev': return [output('stddev', `CASE WHEN ${v}_n > 1 THEN sqrt(${v}_d / (${v}_n - 1)) END`)];
    case 'percentile': return percentiles.map((p) => output(`p${p}`, quoteIdentifier(`${v}_${percentileName(p)}`)));
  }
}

function percentileName(p: number): string {
  return `p${String(p).replace('.', '_')}`;
}

function time(which: 'min' | 'max', v: string): string {
  return `${which}(t) FILTER (${v} IS NOT NULL)`;
}
