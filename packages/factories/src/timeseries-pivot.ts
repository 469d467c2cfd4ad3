import type { ComputedRows } from '@duckpond/pond';
import { type Column, isUrl, parseFormatUrl, quoteIdentifier } from '@duckpond/query';
import { checkTemplate, expandCaptures, parseGlob } from '@duckpond/tinyfs';
import { z } from 'zod';
import { columnPatterns, columnsMatching, isColumnPattern } from './column-pattern.ts';
import { type DefinedFactory, defineFactory, type RowsContext } from './define.ts';
import { badConfig } from './errors.ts';
import { columnName, source } from './fields.ts';
import { columnsOf, findColumn, timeColumnOf } from './source-columns.ts';
import { captureCount, matchesOf } from './source-match.ts';
import { rowsOrNone } from './source-rows.ts';
import { timeUnit } from './time-value.ts';
import { keepsTime } from './timeseries-join.ts';
import { transformed, transformInputs, transforms } from './transform.ts';
import { type Leaf, onDuplicate, wideJoin } from './wide-join.ts';

const schema = z.strictObject({
  pattern: source.describe('A pattern of paths, or a URL with one: each match is a part of the result'),
  columns: columnPatterns.optional().describe('The columns of each match that are wanted, by name or pattern; a name that a match lacks is '
    + 'null. All when it is left out'),
  prefix: z.string().min(1).default('$0').describe('Put before the names of the columns of a match, with a dot: `$0`, `$1`, … are what '
    + 'the wildcards matched. `$0` unless told'),
  time_column: columnName.optional().describe('The column of event times of all matches and of the result; without it each one\'s own, '
    + 'and the name that the first has'),
  time_unit: timeUnit,
  transforms,
  on_duplicate: onDuplicate,
});
type Config = z.infer<typeof schema>;

const EXAMPLE = `pattern: /sites/*/readings.series
columns: [temperature, salinity]
`;

/** The same columns of many files side by side, by time. */
export const TIMESERIES_PIVOT: DefinedFactory = defineFactory(
  { name: 'timeseries-pivot', summary: 'The same columns of many series side by side, by time', schema, example: EXAMPLE },
  {
    makes: 'series',
    inputs: ({ pattern, transforms: list }) => [pattern, ...transformInputs(list)],
    check: ({ pattern, prefix }, file) => {
      const wrong = (field: string, problem: string): Error => badConfig(file, [{ line: undefined, field, problem }]);
      if (captureCount(pattern) === 0) throw wrong('pattern', `is ${JSON.stringify(pattern)}, a pattern with a wildcard was wanted`);
      try {
        checkTemplate(prefix, parseGlob(isUrl(pattern) ? parseFormatUrl(pattern).path : pattern));
      } catch (error) {
        throw wrong('prefix', error instanceof Error ? error.message : String(error));
      }
    },
    rows: pivotedRows,
    dependence: async (context) => {
      const { pattern, transforms: list, time_column: time } = context.config;
      return await keepsTime(context, pattern, list, time) ? 'same-time' : 'any';
    },
  },
);

async function pivotedRows(context: RowsContext<Config>): Promise<ComputedRows> {
  const { config } = context;
  const matches = await matchesOf(context.root, config.pattern);
  const parts = (await Promise.all(matches.map(({ target, captures }) => partOf(context, target, expandCaptures(config.prefix, captures)))))
    .filter((part) => part !== undefined);
  const all = parts.flatMap(({ columns }) => columns);
  const leaves = parts.map(({ prefix, columns, ...part }): Leaf => ({
    ...part, unit: config.time_unit, onDuplicate: config.on_duplicate,
    values: valuesOf(config.columns, columns, all).map(({ name, sql }) => ({ name: `${prefix}.${name}`, sql })),
  }));
  return wideJoin(leaves, config.time_column ?? leaves[0]?.time.name ?? 'timestamp');
}

interface Part extends Pick<Leaf, 'target' | 'relation' | 'time'> {
  readonly prefix: string;
  /** Without the time. */
  readonly columns: readonly Column[];
}

async function partOf(context: RowsContext<Config>, target: string, prefix: string): Promise<Part | undefined> {
  const { config } = context;
  const found = await rowsOrNone(context, target);
  if (found === undefined) return undefined;
  const { relation, timeColumn: own } = await transformed(context, target, found, config.transforms);
  const columns = await columnsOf(context, relation);
  const time = timeColumnOf(target, columns, { wanted: config.time_column, own });
  return { target, relation, time, prefix, columns: columns.filter((column) => column !== time) };
}

/** What is wanted of a match; a column that it lacks is null, of the type that another match has it in. */
function valuesOf(
  wanted: readonly string[] | undefined, columns: readonly Column[], all: readonly Column[],
): readonly { readonly name: string; readonly sql: string }[] {
  const present = ({ name }: Column): { readonly name: string; readonly sql: string } => ({ name, sql: quoteIdentifier(name) });
  if (wanted === undefined) return columns.map(present);
  const names = new Map<string, { readonly name: string; readonly sql: string }>();
  for (const pattern of wanted) {
    const found = columnsMatching([pattern], columns).map(present);
    const isMissing = found.length === 0 && !isColumnPattern(pattern);
    const absent = { name: pattern, sql: `CAST(NULL AS ${findColumn(all, pattern)?.type ?? 'DOUBLE'})` };
    for (const value of isMissing ? [absent] : found) if (!names.has(value.name.toLowerCase())) names.set(value.name.toLowerCase(), value);
  }
  return [...names.values()];
}
