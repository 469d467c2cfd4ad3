import type { DuckDBPreparedStatement, DuckDBResult } from '@duckdb/node-api';
import { QueryError } from './errors.ts';
import type { FormatReader } from './formats/reader.ts';
import { isKeepable, type KeptSessions, type NamedRelations } from './kept-sessions.ts';
import { bindParameters, type Parameters } from './parameters.ts';
import type { Catalog, Relation } from './relation.ts';
import { openSession, type Session, type SessionHost } from './session.ts';
import { notAQuery, splitStatements, type Statement } from './statements.ts';
import { type Stepper, stepper } from './stepper.ts';
import { viewMaker } from './views.ts';

export interface QueryOptions {
  readonly catalog: Catalog;
  readonly params?: Parameters;
  readonly signal?: AbortSignal;
}

/** What a script runs on. */
export interface ScriptHost extends SessionHost {
  readonly readers: ReadonlyMap<string, FormatReader>;
  readonly kept: KeptSessions;
}

/** A script whose last statement is still to run: its views are there, and the statements before it are done. */
export interface PreparedScript {
  readonly session: Session;
  readonly steps: Stepper;
  readonly last: Statement;
  /** Whether the session may serve other queries when this one has been read to its end. */
  readonly isKept: boolean;
  /** @param isWhole whether the last statement has been read to its end: then a session that is kept goes on to the next query */
  release(isWhole?: boolean): Promise<void>;
}

// StatementType of the binding, whose module is not loaded for its names.
const SELECT = 1;
const ALLOWED_TYPES: ReadonlySet<number> = new Set([SELECT, 4, 7, 20, 24, 26]);

/** Runs all statements but the last. The caller releases what it gets; an error has released it. */
export async function prepareScript(host: ScriptHost, sql: string, options: QueryOptions): Promise<PreparedScript> {
  options.signal?.throwIfAborted();
  const statements = splitStatements(sql);
  const last = statements.at(-1);
  if (last === undefined) throw new QueryError('query-failed', 'Cannot run an empty script: it has no statement, wanted a query');
  const catalog = remembered(options.catalog);
  const relations = statements.length > 1 ? undefined : await keepableRelations(host, last, catalog, options.signal);
  const kept = relations === undefined ? undefined : host.kept.take(relations);
  const session = kept ?? await openSession(host, options.signal);
  const steps = stepper(session.connection, options.signal);
  const release = async (isWhole = false): Promise<void> => {
    steps.end();
    await (isWhole && relations !== undefined ? host.kept.keep(session, relations) : session.close());
  };
  const prepared: PreparedScript = { session, steps, last, isKept: relations !== undefined, release };
  if (kept !== undefined) return prepared;
  try {
    const views = viewMaker(session, catalog, host.readers);
    for (const statement of statements.slice(0, -1)) {
      await views.prepare(statement);
      await steps.step(() => runAll(session, statement, options));
    }
    await views.prepare(last);
    return prepared;
  } catch (error) {
    await release();
    throw error;
  }
}

/** The same catalog, which is asked for each name once. */
function remembered(catalog: Catalog): Catalog {
  const asked = new Map<string, ReturnType<Catalog['resolve']>>();
  return {
    ...catalog,
    resolve(name, signal) {
      const answer = asked.get(name) ?? catalog.resolve(name, signal);
      asked.set(name, answer);
      return answer;
    },
  };
}

/**
 * What a query names, when a session with views of just that can serve other queries, too. Undefined otherwise, and for what cannot be
 * queried: whoever makes the views says so.
 */
async function keepableRelations(
  { references }: ScriptHost, statement: Statement, catalog: Catalog, signal: AbortSignal | undefined,
): Promise<NamedRelations | undefined> {
  // What setseed() sets would stay.
  if (statement.kind !== 'query' || statement.tokens.some(({ value }) => value.toLowerCase() === 'setseed')) return undefined;
  const { names, local, exact } = await references(statement);
  if (!exact) return undefined;
  const relations = new Map<string, Relation>();
  const folded = new Set<string>();
  for (const [name = '', ...others] of names) {
    if (others.length > 0) return undefined;
    if (local.has(name.toLowerCase())) continue;
    const relation = await catalog.resolve(name, signal);
    if (relation === undefined || !isKeepable(relation)) return undefined;
    relations.set(name, relation);
    folded.add(name.toLowerCase());
  }
  signal?.throwIfAborted();
  return folded.size === relations.size ? relations : undefined;
}

/** Begins the last statement; its rows stream. */
export async function streamLast({ session, last, isKept }: PreparedScript, options: QueryOptions): Promise<DuckDBResult> {
  const before = session.prepared.get(last.sql);
  if (before !== undefined) bindParameters(before, options.params, session.duckdb.api);
  const prepared = before ?? await prepareStatement(session, last, options.params);
  await session.begin();
  const result = await prepared.stream();
  if (isKept) session.prepared.set(last.sql, prepared);
  else prepared.destroySync();
  return result;
}

/**
 * Throws what went wrong with a stream that has ended, if anything did. The binding does not say why a stream ended, so a query that failed
 * is run once more for its message, without its rows.
 */
export async function requireWhole(script: PreparedScript, options: QueryOptions): Promise<void> {
  const { session, last } = script;
  if (await session.end()) return;
  await session.begin();
  if (last.kind === 'query') {
    const lines = last.sql.length - last.sql.trimStart().length;
    const breaks = lines === 0 ? '' : '\n'.repeat(lines - 1);
    const sql = `${breaks}SELECT max(hash(q)) FROM (${lines === 0 ? '' : '\n'}${last.sql.trimStart()}\n) q`;
    const prepared = await session.connection.prepare(sql);
    bindParameters(prepared, options.params, session.duckdb.api);
    await prepared.run();
    prepared.destroySync();
  }
  throw new QueryError('query-failed', 'Cannot finish the query: it failed half-way, and once more it did not');
}

async function runAll(session: Session, statement: Statement, options: QueryOptions): Promise<void> {
  const prepared = await prepareStatement(session, statement, options.params);
  await prepared.run();
  prepared.destroySync();
}

/** The last of what DuckDB makes of a statement (a PIVOT is several); those before it have run. */
async function prepareStatement(session: Session, statement: Statement, params: Parameters | undefined): Promise<DuckDBPreparedStatement> {
  // EXPLAIN hides what it would run: its body is looked at by itself.
  if (statement.kind === 'explain') await requireQuery(session, statement);
  const extracted = await session.connection.extractStatements(statement.sql);
  for (let at = 0; ; at += 1) {
    const prepared = await extracted.prepare(at);
    if (!ALLOWED_TYPES.has(prepared.statementType)) throw notAQuery(statement.tokens[0]?.text ?? '');
    bindParameters(prepared, params, session.duckdb.api);
    if (at === extracted.count - 1) return prepared;
    await prepared.run();
    prepared.destroySync();
  }
}

/** Throws `not-a-query` unless the body of a statement is one SELECT, whatever it is wrapped in. */
export async function requireQuery(session: Session, statement: Statement): Promise<void> {
  const extracted = await session.connection.extractStatements(statement.body);
  for (let at = 0; at < extracted.count; at += 1) {
    const prepared = await extracted.prepare(at);
    const { statementType } = prepared;
    const isLast = at === extracted.count - 1;
    if (!isLast) await prepared.run();
    prepared.destroySync();
    if (isLast && statementType as number !== SELECT) throw notAQuery(statement.tokens[0]?.text ?? '');
  }
}
