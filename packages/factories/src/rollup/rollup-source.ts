import type { FactoryContext, Origin, RowBounds } from '@duckpond/pond';
import type { Column, Relation } from '@duckpond/query';
import { columnsMatching, isColumnPattern, matchesColumn } from '../column-pattern.ts';
import { FactoryError } from '../errors.ts';
import { columnsOf, timeColumnOf } from '../source-columns.ts';
import { rowsOrNone } from '../source-rows.ts';
import { isTimeType } from '../time-value.ts';
import { transformed } from '../transform.ts';
import { type Aggregation, type OutputColumn, outputsOf, type PartialColumn, partialsOf, type ValueColumn } from './aggregation.ts';
import type { RollupConfig, RollupInput } from './reduce-config.ts';

/** What a rollup asks its pond. */
export type Pond = Pick<FactoryContext, 'rows' | 'query' | 'root' | 'origin'>;

/** One input as far as it is known without its rows. */
export interface InputColumns {
  readonly input: RollupInput;
  readonly columns: readonly Column[];
  readonly time: Column;
  /** Whether the rows can be asked for by the time column. */
  readonly isTimed: boolean;
}

/** The columns of an input; undefined for one without rows. */
export async function inputColumns(
  pond: Pond, config: RollupConfig, input: RollupInput, { files, computations }: Origin,
): Promise<InputColumns | undefined> {
  const [only] = files;
  const isStored = files.length === 1 && computations.length === 0 && only?.path === input.target && input.transforms === undefined;
  const facts = isStored ? only?.node.tabular : undefined;
  if (facts !== undefined) return described(config, input, facts.columns, facts.timeColumn);
  const found = await rowsOrNone(pond, input.target);
  if (found === undefined) return undefined;
  const { relation, timeColumn } = await transformed(pond, input.target, found, input.transforms);
  return described(config, input, await columnsOf(pond, relation), timeColumn);
}

function described(config: RollupConfig, input: RollupInput, columns: readonly Column[], own: string | undefined): InputColumns {
  const time = timeColumnOf(input.target, columns, { wanted: config.time_column, own });
  const plain = columns.map(({ name, type }) => ({ name, type }));
  return { input, columns: plain, time, isTimed: own?.toLowerCase() === time.name.toLowerCase() && isTimeType(time.type) };
}

/** The rows of an input, or those in a range, as far as it can be asked for. */
export async function inputRows(pond: Pond, { input, isTimed }: InputColumns, bounds: RowBounds): Promise<Relation> {
  // Transforms may rename the time: the source keeps it under its own name.
  const rows = await pond.rows(input.target, isTimed && input.transforms === undefined ? bounds : {});
  return (await transformed(pond, input.target, rows, input.transforms)).relation;
}

/** What a rollup makes of which columns. */
export interface RollupColumns {
  readonly timeName: string;
  readonly values: readonly ValueColumn[];
  /** Of each input, by its place: which of its columns is which value. */
  readonly sources: readonly (readonly { readonly column: string; readonly v: string }[])[];
  readonly partials: readonly PartialColumn[];
  readonly outputs: readonly OutputColumn[];
}

const NUMBER = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(.*)$/;
const WHOLE = /INT/;
const NUMBERS_ONLY: ReadonlySet<Aggregation['type']> = new Set(['avg', 'sum', 'stddev', 'percentile'] as const);

/** @throws FactoryError `bad-input` when nothing is left to aggregate, or a text is to be added up */
export function rollupColumns(config: RollupConfig, inputs: readonly InputColumns[]): RollupColumns {
  const timeName = config.time_column ?? inputs[0]?.time.name ?? 'timestamp';
  const values = new Map<string, ValueColumn & { readonly plain: string }>();
  const sources = inputs.map(({ input, columns, time }) => {
    const own = columns.filter((column) => column.name !== time.name);
    const wanted = input.columns === undefined ? own : columnsMatching(input.columns, own);
    return wanted.map(({ name, type }) => {
      const full = `${input.prefix}${name}`;
      const known = values.get(full.toLowerCase());
      const value = known ?? { name: full, plain: name, type, v: `v${values.size}` };
      // Whole numbers beside others are numbers with a point.
      values.set(full.toLowerCase(), WHOLE.test(value.type) && !WHOLE.test(type) ? { ...value, type } : value);
      return { column: name, v: value.v };
    });
  });
  const partials = new Map<string, PartialColumn>();
  const outputs: OutputColumn[] = [];
  const rowCount = config.aggregations.some(({ type, columns }) =>
    type === 'count' && columns?.some((pattern) => matchesColumn(pattern, timeName)) === true);
  if (rowCount) outputs.push({ name: `${timeName}.count`, sql: 'n' });
  for (const value of values.values()) {
    for (const one of config.aggregations) {
      if (!isMeant(one, value)) continue;
      for (const partial of partialsOf(value, one)) partials.set(partial.name, partial);
      outputs.push(...outputsOf(value, one));
    }
  }
  if (outputs.length === 0 && inputs.length > 0) {
    const names = [...values.values()].map(({ name, type }) => `${JSON.stringify(name)} ${type}`).join(', ');
    const target = JSON.stringify(inputs[0]?.input.target ?? '');
    throw new FactoryError('bad-input', `Cannot reduce ${target}: no aggregation means any of its columns (`
      + `${names === '' ? 'it has none beside the time' : names}), one that holds numbers, or is named, was wanted`);
  }
  const used = new Set([...partials.keys()].map((name) => name.slice(0, name.indexOf('_'))));
  return {
    timeName, outputs, partials: [...partials.values()],
    values: [...values.values()].filter(({ v }) => used.has(v)).map(({ name, type, v }) => ({ name, type, v })),
    sources: sources.map((list) => list.filter(({ v }) => used.has(v))),
  };
}

function isMeant({ type, columns }: Aggregation, value: ValueColumn & { readonly plain: string }): boolean {
  const isNumber = NUMBER.test(value.type);
  if (columns === undefined) return isNumber;
  const meaning = columns.filter((pattern) => matchesColumn(pattern, value.name) || matchesColumn(pattern, value.plain));
  if (isNumber) return meaning.length > 0;
  if (!meaning.some((pattern) => !isColumnPattern(pattern))) return false;
  if (!NUMBERS_ONLY.has(type)) return true;
  throw new FactoryError('bad-input', `Cannot compute ${type} of ${JSON.stringify(value.name)}: it is ${value.type}, numbers were wanted`, {
    column: value.name,
  });
}
