import { type ComputedRows, type FactoryContext, selectOf, type Tables } from '@duckpond/pond';
import { likelyTables } from '@duckpond/query';
import type { FileNode } from '@duckpond/tinyfs';
import { z } from 'zod';
import { type DefinedFactory, defineFactory } from './define.ts';
import { columnName, source } from './fields.ts';

const schema = z.strictObject({
  patterns: z.record(z.string().min(1), source).refine((patterns) => Object.keys(patterns).length > 0, {
    error: 'is an empty mapping, at least one name and its source was wanted',
  }).describe('The tables of the query: what each name stands for'),
  query: z.string().min(1).optional().describe('One SELECT over these names; all rows, when there is one name'),
  time_column: columnName.optional().describe('The column of event times in the result; of a series `timestamp` unless told'),
}).superRefine(({ patterns, query }, context) => {
  const count = Object.keys(patterns).length;
  if (query === undefined && count > 1) {
    context.addIssue({ code: 'custom', path: ['query'], message: `is missing, one over the ${count} names in patterns was wanted` });
  }
});
type Config = z.infer<typeof schema>;

const EXAMPLE = `patterns:
  readings: /sensors/*.series
query: |
  SELECT timestamp, temperature * 9 / 5 + 32 AS fahrenheit
  FROM readings
`;

function derived(makes: 'table' | 'series', summary: string): DefinedFactory {
  return defineFactory({ name: `sql-derived-${makes}`, summary, schema, example: EXAMPLE }, {
    makes,
    inputs: ({ patterns }) => Object.values(patterns),
    rows: (context) => derivedRows(context),
  });
}

/** The newest rows of tables, as a query sees them. */
export const SQL_DERIVED_TABLE: DefinedFactory = derived('table', 'A table that is a query over other files');

/** A query over series: rows with event times. */
export const SQL_DERIVED_SERIES: DefinedFactory = derived('series', 'A series that is a query over other files');

async function derivedRows({ config, node, rows }: Omit<FactoryContext<FileNode>, 'config'> & { readonly config: Config }): Promise<ComputedRows> {
  const names = Object.keys(config.patterns);
  const query = config.query ?? `FROM "${(names[0] ?? '').replaceAll('"', '""')}"`;
  const tables = new Map<string, Tables[string]>();
  for (const [name, target] of Object.entries(config.patterns)) tables.set(name, (await rows(target)).relation);
  // A query may also name its sources in place.
  for (const name of likelyTables(query)) {
    if (!tables.has(name) && source.safeParse(name).success) tables.set(name, (await rows(name)).relation);
  }
  const timeColumn = config.time_column ?? (node.kind === 'series' ? 'timestamp' : undefined);
  const relation = { parts: [selectOf(query, Object.fromEntries(tables))] };
  return timeColumn === undefined ? { relation } : { relation, timeColumn };
}
