import { type ComputedRows, type Dependence, selectOf, type Tables } from '@duckpond/pond';
import { likelyTables, quoteIdentifier } from '@duckpond/query';
import { z } from 'zod';
import { type DefinedFactory, defineFactory, type RowsContext } from './define.ts';
import { columnName, source } from './fields.ts';
import { dependenceOfQuery } from './query-dependence.ts';
import { transformed, transformInputs, transforms } from './transform.ts';

const schema = z.strictObject({
  patterns: z.record(z.string().min(1), source).refine((patterns) => Object.keys(patterns).length > 0, {
    error: 'is an empty mapping, at least one name and its source was wanted',
  }).describe('The tables of the query: what each name stands for'),
  query: z.string().min(1).optional().describe('One SELECT over these names; all rows, when there is one name'),
  time_column: columnName.optional().describe('The column of event times in the result; of a series `timestamp` unless told'),
  transforms,
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
    inputs: (config) => [...sourcesOf(config).values(), ...transformInputs(config.transforms)],
    rows: derivedRows,
    dependence,
  });
}

/** The newest rows of tables, as a query sees them. */
export const SQL_DERIVED_TABLE: DefinedFactory = derived('table', 'A table that is a query over other files');

/** A query over series: rows with event times. */
export const SQL_DERIVED_SERIES: DefinedFactory = derived('series', 'A series that is a query over other files');

async function derivedRows(context: RowsContext<Config>): Promise<ComputedRows> {
  const { config } = context;
  const tables = await rowsOfSources(context);
  const relations: Tables = Object.fromEntries([...tables].map(([name, { relation }]) => [name, relation]));
  const relation = { parts: [selectOf(queryOf(config), relations)] };
  const timeColumn = timeColumnOf(context);
  return timeColumn === undefined ? { relation } : { relation, timeColumn };
}

async function dependence(context: RowsContext<Config>): Promise<Dependence> {
  const timeColumn = timeColumnOf(context);
  const tables = [...await rowsOfSources(context)];
  const timed = tables.filter(([, rows]) => rows.timeColumn !== undefined && rows.timeColumn.toLowerCase() === timeColumn?.toLowerCase());
  return dependenceOfQuery(context, queryOf(context.config), timeColumn, new Set(timed.map(([name]) => name.toLowerCase())));
}

function queryOf({ query, patterns }: Config): string {
  return query ?? `FROM ${quoteIdentifier(Object.keys(patterns)[0] ?? '')}`;
}

function timeColumnOf({ config, node }: RowsContext<Config>): string | undefined {
  return config.time_column ?? (node.kind === 'series' ? 'timestamp' : undefined);
}

/** What the query reads, by the names it has for it: a query may also name its sources in place. */
function sourcesOf(config: Config): ReadonlyMap<string, string> {
  const sources = new Map(Object.entries(config.patterns));
  for (const name of likelyTables(queryOf(config))) if (!sources.has(name) && source.safeParse(name).success) sources.set(name, name);
  return sources;
}

async function rowsOfSources(context: RowsContext<Config>): Promise<ReadonlyMap<string, ComputedRows>> {
  const tables = new Map<string, ComputedRows>();
  for (const [name, target] of sourcesOf(context.config)) {
    tables.set(name, await transformed(context, target, await context.rows(target), context.config.transforms));
  }
  return tables;
}
