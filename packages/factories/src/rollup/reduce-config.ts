import { isUrl, parseFormatUrl } from '@duckpond/query';
import { checkTemplate, expandCaptures, nameFault, parseGlob } from '@duckpond/tinyfs';
import { z } from 'zod';
import { columnPatterns } from '../column-pattern.ts';
import { duration, durationOf } from '../duration.ts';
import { badConfig } from '../errors.ts';
import { columnName, source } from '../fields.ts';
import { captureCount } from '../source-match.ts';
import { type TimeUnit, timeUnit } from '../time-value.ts';
import { type Transform, transformInputs, transforms } from '../transform.ts';
import { type OnDuplicate, onDuplicate } from '../wide-join.ts';
import { type Aggregation, aggregation } from './aggregation.ts';
import { isZone } from './zone.ts';

const outPattern = z.string().min(1).describe('The directory of a match below the node; `$0`, `$1`, … are what the wildcards matched. '
  + 'Matches of one directory are reduced together');
const columnPrefix = z.string().optional().describe('Put before the names of the columns of a match, `$0`, `$1`, … being what the '
  + 'wildcards matched; columns of one name are one column. Unless told: nothing where a directory has one match, else the captures with '
  + 'dots between and behind them');
/** One input of a node, which may match many files. */
export interface Dataset {
  readonly in_pattern: string;
  readonly out_pattern: string;
  readonly column_prefix?: string | undefined;
  readonly columns?: string[] | undefined;
  readonly transforms?: Transform[] | undefined;
}

/** What the rollups of one node have in common. */
export interface SharedConfig {
  readonly time_column?: string | undefined;
  readonly time_unit?: TimeUnit | undefined;
  readonly time_zone: string;
  readonly resolutions: string[];
  readonly aggregations: Aggregation[];
  readonly on_duplicate: OnDuplicate;
  readonly series_suffix: string;
}

export interface ReduceConfig extends SharedConfig, Omit<Dataset, 'in_pattern' | 'out_pattern'> {
  readonly in_pattern?: string | undefined;
  readonly out_pattern?: string | undefined;
  readonly datasets?: Dataset[] | undefined;
}

/** One match of one input, in the config of a rollup. */
export interface RollupInput extends Pick<Dataset, 'columns' | 'transforms'> {
  readonly target: string;
  readonly prefix: string;
}

/** The config of one series that a reduction makes. */
export interface RollupConfig extends SharedConfig {
  readonly inputs: RollupInput[];
  readonly resolution: string;
  /** The directory of the partials in the cache. */
  readonly cache: string;
}

/** The config of a directory within the directory of a reduction. */
export interface PartConfig {
  readonly shared: SharedConfig;
  /** By their directories, without a beginning slash; the empty text is the directory itself. */
  readonly outputs: Record<string, RollupInput[]>;
}

const dataset = z.strictObject({
  in_pattern: source,
  out_pattern: outPattern,
  column_prefix: columnPrefix,
  columns: columnPatterns.optional().describe('The columns that are wanted; all when it is left out'),
  transforms,
});

const shared = {
  time_column: columnName.optional().describe('The column of event times; without it each input\'s own, or `timestamp`'),
  time_unit: timeUnit,
  time_zone: z.string().refine(isZone, {
    error: (issue) => `is ${JSON.stringify(issue.input)}, the name of a time zone such as "Europe/Berlin" was wanted`,
  }).default('UTC').describe('The zone whose clocks say where days, weeks, months and hours begin; `UTC` unless told'),
  resolutions: z.array(duration).min(1).describe('How long buckets are, each one a series `res=<resolution>.series`. Buckets follow the '
    + 'calendar: weeks begin on Monday, a day on which the clocks change has 23 or 25 hours'),
  aggregations: z.array(aggregation).min(1).default([{ type: 'avg' }, { type: 'min' }, { type: 'max' }])
    .describe('What is computed of which columns: without `columns` of all that hold numbers. Columns that hold no numbers are taken '
      + 'where they are named without `*` and `?`. `avg`, `min` and `max` of all unless told; `count` of the time column is the number '
      + 'of rows'),
  on_duplicate: onDuplicate,
  series_suffix: z.string().regex(/^(\.[\w-]+)*$/).default('.series')
    .describe('What the names of the series end in; `.series` unless told'),
};

/** The config of `temporal-reduce`. */
export const reduceSchema: z.ZodType<ReduceConfig> = z.strictObject({
  in_pattern: source.optional().describe('What is reduced; or `datasets`, when there are several'),
  out_pattern: outPattern.optional(),
  column_prefix: columnPrefix,
  columns: columnPatterns.optional().describe('The columns that are wanted; all when it is left out'),
  transforms,
  datasets: z.array(dataset).min(1).optional().describe('Several inputs, each with its own `in_pattern` and `out_pattern`'),
  ...shared,
});

const rollupInput = z.strictObject({
  target: z.string(), prefix: z.string(), columns: z.array(z.string()).optional(), transforms,
});

/** The config of a series that a reduction makes; made by this package only. */
export const rollupSchema: z.ZodType<RollupConfig> = z.strictObject({
  ...shared,
  inputs: z.array(rollupInput),
  resolution: z.string(),
  cache: z.string(),
});

/** The config of a directory of those; made by this package only. */
export const partSchema: z.ZodType<PartConfig> = z.strictObject({
  shared: z.strictObject(shared), outputs: z.record(z.string(), z.array(rollupInput)),
});

export const REDUCE_EXAMPLE = `in_pattern: /sensors/*.series
out_pattern: $0
time_zone: America/Los_Angeles
resolutions: [10m, 1h, 1d, 1mo]
aggregations:
  - type: avg
  - type: min
  - type: max
  - type: count
    columns: [timestamp]
  - type: percentile
    columns: ['*temperature*']
    percentiles: [5, 50, 95]
`;

/** The inputs of a config, whichever way they are told. */
export function datasetsOf({ in_pattern: inPattern, out_pattern: out, datasets, ...config }: ReduceConfig): readonly Dataset[] {
  if (datasets !== undefined) return datasets;
  const { column_prefix: prefix, columns, transforms: list } = config;
  return inPattern === undefined || out === undefined
    ? [] : [{ in_pattern: inPattern, out_pattern: out, column_prefix: prefix, columns, transforms: list }];
}

/** What all rollups of a config have from it. */
export function sharedOf(config: ReduceConfig): SharedConfig {
  const { time_column, time_unit, time_zone, resolutions, aggregations, on_duplicate, series_suffix } = config;
  return { time_column, time_unit, time_zone, resolutions, aggregations, on_duplicate, series_suffix };
}

export function reduceInputs(config: ReduceConfig): readonly string[] {
  return datasetsOf(config).flatMap((one) => [one.in_pattern, ...transformInputs(one.transforms)]);
}

/** What the schema cannot say. @throws FactoryError `bad-config` */
export function checkReduce(config: ReduceConfig, file: string): void {
  const wrong = (field: string, problem: string): Error => badConfig(file, [{ line: undefined, field, problem }]);
  const own = ['in_pattern', 'out_pattern', 'column_prefix', 'columns', 'transforms'] as const;
  const given = own.find((field) => config[field] !== undefined);
  if (config.datasets !== undefined && given !== undefined) throw wrong(given, 'is beside datasets, either was wanted');
  if (config.datasets === undefined) {
    for (const field of ['in_pattern', 'out_pattern'] as const) {
      if (config[field] === undefined) throw wrong(field, `is missing, ${field === 'in_pattern' ? 'a source' : 'a directory'} was wanted`);
    }
  }
  for (const [at, one] of datasetsOf(config).entries()) {
    const place = config.datasets === undefined ? '' : `datasets[${at}].`;
    for (const field of ['out_pattern', 'column_prefix'] as const) {
      const template = one[field];
      if (template === undefined) continue;
      try {
        const path = isUrl(one.in_pattern) ? parseFormatUrl(one.in_pattern).path : one.in_pattern;
        if (captureCount(one.in_pattern) > 0) checkTemplate(template, parseGlob(path));
        else expandCaptures(template, []);
      } catch (error) {
        throw wrong(`${place}${field}`, error instanceof Error ? error.message : String(error));
      }
    }
    const fault = one.out_pattern.split('/').filter((name) => name !== '').map((name) => nameFault(name))
      .find((problem) => problem !== undefined);
    if (fault !== undefined) throw wrong(`${place}out_pattern`, `is ${JSON.stringify(one.out_pattern)}: ${fault}`);
  }
  const lengths = config.resolutions.map((text) => {
    const length = durationOf(text);
    return length.kind === 'fixed' ? `${length.micros}` : `${length.months} months`;
  });
  const twice = lengths.findIndex((length, at) => lengths.indexOf(length) < at);
  if (twice < 0) return;
  throw wrong(`resolutions[${twice}]`, `is ${JSON.stringify(config.resolutions[twice])} again, different durations were wanted`);
}
