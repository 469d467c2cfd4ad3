import { type ComputedRows, type FactoryContext, selectOf } from '@duckpond/pond';
import { type Column, quoteIdentifier } from '@duckpond/query';
import { z } from 'zod';
import { type ColumnRule, columnRules, type RuledColumn, ruledColumns } from './column-rules.ts';
import { parseConfig } from './config.ts';
import { FactoryError } from './errors.ts';
import { columnName, source } from './fields.ts';
import { columnsOf } from './source-columns.ts';

/** The config of `column-rename`. */
export const renameSchema: z.ZodType<RenameConfig, RenameConfig> = z.strictObject({
  input: source.optional().describe('The rows whose columns are renamed; without it the node is only of use in the `transforms` of others'),
  rules: columnRules,
  time_column: columnName.optional()
    .describe('The column of event times in the result; without it the one of the input, under its new name'),
});
export interface RenameConfig {
  readonly input?: string | undefined;
  readonly rules: ColumnRule[];
  readonly time_column?: string | undefined;
}

const transform = z.union([source, z.strictObject({ rules: columnRules })]);

/** What happens to the columns of inputs before anything else. */
export const transforms: z.ZodType<Transform[] | undefined, Transform[] | undefined> = z.array(transform).optional()
  .describe('What happens to the columns of each input, in this order: paths of `column-rename` nodes, or `rules` in place. '
    + 'None when it is left out');
export type Transform = string | { readonly rules: ColumnRule[] };

/** The nodes that are read for transforms. */
export function transformInputs(list: readonly Transform[] | undefined): readonly string[] {
  return (list ?? []).filter((one) => typeof one === 'string');
}

/** The rules of each transform, in order. */
export async function rulesOf(
  { root }: Pick<FactoryContext, 'root'>, list: readonly Transform[] | undefined,
): Promise<readonly (readonly ColumnRule[])[]> {
  return Promise.all((list ?? []).map(async (one) => {
    if (typeof one !== 'string') return one.rules;
    const { node } = await root.get(one);
    const computed = node.kind === 'symlink' ? undefined : node.computed;
    if (computed?.factory === 'column-rename') return parseConfig(renameSchema, computed.config, `the config of ${one}`).rules;
    const is = computed === undefined ? `a ${node.kind}` : `made by ${JSON.stringify(computed.factory)}`;
    const what = `Cannot use ${JSON.stringify(one)} as a transform: it is ${is}, a column-rename node was wanted`;
    throw new FactoryError('bad-input', what, { path: one });
  }));
}

/** Rows with the columns that transforms leave; the same rows when there is none. */
export async function transformed(
  context: Pick<FactoryContext, 'query' | 'root'>, target: string, rows: ComputedRows, list: readonly Transform[] | undefined,
): Promise<ComputedRows> {
  let result = rows;
  for (const rules of await rulesOf(context, list)) result = await renamed(context, target, result, rules);
  return result;
}

/** Rows under rules: a projection, which DuckDB sees through. */
export async function renamed(
  context: Pick<FactoryContext, 'query'>, target: string, { relation, timeColumn }: ComputedRows, rules: readonly ColumnRule[],
): Promise<ComputedRows> {
  const columns = ruledColumns(target, await columnsOf(context, relation), rules);
  if (columns.length === 0) {
    throw new FactoryError('bad-input', `Cannot rename columns of ${JSON.stringify(target)}: none is left, one was wanted`, { target });
  }
  const list = columns.map(({ sql, name }) => `${sql} AS ${quoteIdentifier(name)}`).join(', ');
  const time = columns.find(({ from }) => from.toLowerCase() === timeColumn?.toLowerCase());
  return {
    relation: { parts: [selectOf(`SELECT ${list} FROM "rows"`, { rows: relation })], columns: columns.map(plainColumn) },
    ...(time === undefined ? {} : { timeColumn: time.name }),
  };
}

function plainColumn({ name, type }: RuledColumn): Column {
  return { name, type };
}
