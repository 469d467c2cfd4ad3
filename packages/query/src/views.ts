import { QueryError } from './errors.ts';
import type { FormatReader } from './formats/reader.ts';
import { quoteQualified } from './identifier.ts';
import type { Catalog, SelectPart } from './relation.ts';
import { type OwnDatabase, ownDatabase } from './own-database.ts';
import { relationSelect } from './relation-view.ts';
import type { Reference } from './references.ts';
import type { Session } from './session.ts';
import { notAQuery, splitStatements, type Statement } from './statements.ts';

/** Makes the views that the statements of one script need, each name once. */
export interface ViewMaker {
  prepare(statement: Statement): Promise<void>;
}

/** Makes what the parts of relations need that are queries themselves. */
export interface Nesting {
  /** The returned SELECT stands for the rows of the query. */
  nest(part: SelectPart): Promise<string>;
}

const NEAREST = 3;

/** The views of a session, from what the catalog knows. */
export function viewMaker(session: Session, catalog: Catalog, readers: ReadonlyMap<string, FormatReader>): ViewMaker {
  const own = ownDatabase(session, readers);
  const views = scopedViews(session, catalog, own, undefined);
  return {
    prepare: async (statement) => {
      await views.prepare(statement);
      await own.refuseShadows();
    },
  };
}

/** For relations that stand by themselves, and are no names of a script. */
export function nestingIn(session: Session, readers: ReadonlyMap<string, FormatReader>): Nesting {
  const own = ownDatabase(session, readers);
  return { nest: (part) => nested(session, own, part) };
}

/** A view looks its names up in the schema that it is in: the query stands there beside the views that it names. */
async function nested(session: Session, own: OwnDatabase, { sql, catalog }: SelectPart): Promise<string> {
  const [statement, ...others] = splitStatements(sql);
  if (statement === undefined || others.length > 0 || statement.kind !== 'query') throw notAQuery(statement?.tokens[0]?.text ?? '');
  const schema = await own.newSchema();
  await scopedViews(session, catalog, own, schema).prepare(statement);
  const view = quoteQualified([...schema, NESTED_VIEW]);
  await session.run(`CREATE VIEW ${view} AS ${statement.body}`);
  return `SELECT * FROM ${view}`;
}

const NESTED_VIEW = '__duckpond_rows';

function scopedViews(
  session: Session, catalog: Catalog, own: OwnDatabase, scope: readonly [database: string, schema: string] | undefined,
): ViewMaker {
  /** From a name in lower case to the spelling a view was made for. */
  const made = new Map<string, string>();

  const make = async (reference: Reference): Promise<boolean> => {
    const name = reference.join('.');
    const before = made.get(name.toLowerCase());
    if (before === name) return true;
    if (before !== undefined) {
      throw new QueryError(
        'ambiguous-name', `Cannot query "${name}": "${before}" is in the same query and differs only in case, wanted one of them`, { name },
      );
    }
    const relation = await catalog.resolve(name, session.signal);
    if (relation === undefined) return false;
    const nest = (part: SelectPart): Promise<string> => nested(session, own, part);
    const select = await relationSelect({ duckdb: session.duckdb, session, readers: own.readers, nest }, relation);
    session.signal?.throwIfAborted();
    await add(reference, select);
    made.set(name.toLowerCase(), name);
    return true;
  };

  const add = async (reference: Reference, select: string): Promise<void> => {
    const [schema = '', name] = reference.slice(-2);
    if (name === undefined) {
      if (scope === undefined) return own.addView(schema, select);
      own.use(schema);
      return session.run(`CREATE VIEW ${quoteQualified([...scope, schema])} AS ${select}`);
    }
    const database = await own.name();
    await session.run(`CREATE SCHEMA IF NOT EXISTS ${quoteQualified([database, schema])}`);
    return session.run(`CREATE OR REPLACE VIEW ${quoteQualified([database, schema, name])} AS ${select}`);
  };

  /** Tables and views that are there already: DuckDB's own, and those that the script has made. */
  const isKnown = async (reference: Reference): Promise<boolean> => {
    const [name, schema] = [...reference].reverse();
    const rows = await (await session.connection.run(
      `SELECT 1 FROM (SELECT schema_name, table_name AS name FROM duckdb_tables()
                      UNION ALL SELECT schema_name, view_name FROM duckdb_views())
       WHERE lower(name) = lower($1::VARCHAR) AND ($2::VARCHAR IS NULL OR lower(schema_name) = lower($2::VARCHAR)) LIMIT 1`,
      [name ?? '', schema ?? null],
    )).getRows();
    return rows.length > 0;
  };

  return {
    prepare: async (statement) => {
      const { names, local, exact } = await session.references(statement);
      if (names.some(showsNames)) for (const name of catalog.names ?? []) await make(name.split('.'));
      for (const reference of names) {
        if (reference.length === 1 && local.has(reference[0]?.toLowerCase() ?? '')) continue;
        if (reference.length > 2) continue;
        if (await make(reference)) continue;
        // A table of the script is none of a query that stands in the pond.
        const isMissing = scope !== undefined && reference.length === 1;
        if (exact && (isMissing || !(await isKnown(reference)))) throw notFound(reference.join('.'), catalog);
      }
    },
  };
}

const LISTINGS = new Set(['information_schema', 'pg_catalog']);

/** Whether a name lists what there is: then the catalog's names have to be there. */
function showsNames(reference: Reference): boolean {
  return reference.length > 1 && LISTINGS.has(reference[0]?.toLowerCase() ?? '');
}

function notFound(name: string, catalog: Catalog): QueryError {
  const nearest = nearestNames(name, catalog.names ?? []);
  const hint = nearest.length === 0 ? '' : `; nearest: ${nearest.map((near) => `"${near}"`).join(', ')}`;
  const wanted = `wanted a path, a glob, a URL or a table's name${hint}`;
  return new QueryError('not-found', `Cannot query "${name}": there is no such table, ${wanted}`, { name, nearest });
}

/** The names with the fewest edits to get there, if they are few enough for a slip of the hand. */
export function nearestNames(name: string, names: readonly string[]): readonly string[] {
  const limit = Math.max(2, Math.floor(name.length / 3));
  return names
    .map((candidate) => ({ candidate, edits: editsBetween(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ edits }) => edits <= limit)
    .sort((a, b) => a.edits - b.edits || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, NEAREST)
    .map(({ candidate }) => candidate);
}

function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
