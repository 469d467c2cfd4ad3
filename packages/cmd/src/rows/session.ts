import type { At, Explanation, Pond, QueryResult } from '@duckpond/pond';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { openPondOf } from '../open-pond.ts';
import { hostQueries } from './host-queries.ts';
import { settingsFromEnvironment } from './settings.ts';

/** A script and what its names mean. */
export interface RowQuery {
  readonly script: string;
  /** Names beside the paths: each stands for a path, a pattern or a URL. */
  readonly tables?: Readonly<Record<string, string>>;
  readonly params?: Readonly<Record<string, unknown>>;
  /** Bounds of the table `source`. */
  readonly version?: number | undefined;
  readonly timeStartMicros?: bigint | undefined;
  readonly timeEndMicros?: bigint | undefined;
  /** The last rows of the series or table that `source` is, as it was at a version. */
  readonly last?: { readonly rows: number; readonly untilVersion: number };
  /** Ends this query alone. */
  readonly signal?: AbortSignal;
}

/** Where queries run: the pond, or an engine without one. */
export interface Queries {
  query(query: RowQuery): Promise<QueryResult>;
  explain(query: RowQuery): Promise<Explanation>;
  /** The rows as one Parquet file. */
  parquet(query: RowQuery, metadata?: Readonly<Record<string, string>>): AsyncIterable<Uint8Array>;
}

/** Queries of one command. The pond is opened when the first of them needs it. */
export interface RowSession extends Queries {
  pond(): Promise<Pond>;
}

/** Thrown by the catalog of the host for a name that only a pond can know. */
export class NeedsPond extends Error {
  override readonly name = 'NeedsPond';
}

/** Runs `work`; what it opened is closed afterwards. */
export async function withRows<T>(context: Context, work: (rows: RowSession) => Promise<T>): Promise<T> {
  let opened: Promise<Pond> | undefined;
  const pond = (): Promise<Pond> => (opened ??= openPondOf(context));
  const queries = pondQueries(context, pond);
  const host = hostQueries(context);
  const isHosted = (query: RowQuery): boolean => opened === undefined && !namesPond(query);
  async function either<R>(query: RowQuery, run: (queries: Queries) => Promise<R>): Promise<R> {
    if (isHosted(query)) {
      try {
        return await run(host);
      } catch (error) {
        if (!(error instanceof NeedsPond)) throw error;
      }
    }
    return run(queries);
  }
  try {
    return await work({
      pond,
      query: (query) => either(query, (where) => where.query(query)),
      explain: (query) => either(query, (where) => where.explain(query)),
      async *parquet(query, metadata) {
        if (isHosted(query)) {
          try {
            yield* host.parquet(query, metadata);
            return;
          } catch (error) {
            if (!(error instanceof NeedsPond)) throw error;
          }
        }
        yield* queries.parquet(query, metadata);
      },
    });
  } finally {
    await opened?.then((open) => open.close(), () => undefined);
  }
}

/** Quoted paths, URLs of the pond, its system tables, and what lists all names. */
const POND_NAME = /["'](?:\/|(?!host[+:])[a-z][a-z0-9+]*:\/\/)|\bpond\s*\.|information_schema|pg_catalog|\bshow\b|duckdb_/i;

/** Whether a query most likely names something of the pond. When not, it is tried without one. */
function namesPond({ script, tables = {} }: RowQuery): boolean {
  return POND_NAME.test(script) || Object.values(tables).some((target) => !/^host[+:]/i.test(target));
}

function pondQueries(context: Context, pond: () => Promise<Pond>): Queries {
  const optionsOf = ({ tables, params, version, timeStartMicros, timeEndMicros, last, signal }: RowQuery): Parameters<Pond['sql']>[1] => {
    const at: At | undefined = context.at;
    return {
      ...(tables === undefined ? {} : { tables }),
      ...(params === undefined ? {} : { params }),
      ...(version === undefined ? {} : { version }),
      ...(timeStartMicros === undefined ? {} : { timeStartMicros }),
      ...(timeEndMicros === undefined ? {} : { timeEndMicros }),
      ...(last === undefined ? {} : { last }),
      ...(at === undefined ? {} : { at }),
      settings: settingsFromEnvironment(context.effects.env),
      signal: signal ?? context.signal,
    };
  };
  return {
    query: async (query) => (await pond()).sql(query.script, optionsOf(query)),
    explain: async (query) => (await pond()).explain(query.script, { ...optionsOf(query), analyze: true }),
    async *parquet(query, metadata = {}) {
      yield* (await pond()).sqlParquet(query.script, { ...optionsOf(query), metadata });
    },
  };
}

/** @throws CliError `usage` unless the first is before the second */
export function checkTimes(start: bigint | undefined, end: bigint | undefined): void {
  if (start === undefined || end === undefined || start < end) return;
  throw new CliError('usage', 'Cannot read rows by time: --time-start is not before --time-end, an earlier start was wanted');
}
