import type { DuckDBConnection, DuckDBInstance, DuckDBPreparedStatement, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import { arrowColumns, arrowSource, groupStreams } from './arrow-scan.ts';
import { byteStreamSelect, byteStreamSource } from './byte-stream-table.ts';
import type { DuckDB } from './duckdb.ts';
import { queryFailed } from './errors.ts';
import { quoteIdentifier } from './identifier.ts';
import type { ReferenceReader } from './reference-reader.ts';
import type { Column } from './relation.ts';
import { rowsSource } from './rows-scan.ts';
import type { ScanSession } from './scan-session.ts';
import type { ScanRegistry, ScanSource } from './scans.ts';

/** One query's connection with its variables, views and scans. Closing frees them. */
export interface Session extends ScanSession {
  readonly connection: DuckDBConnection;
  readonly duckdb: DuckDB;
  /** Adds a database in memory of the session's own, and makes it the one that names are looked up in. */
  attach(database: string): Promise<void>;
  run(sql: string): Promise<void>;
  readonly references: ReferenceReader;
  /** Statements of queries that may come again, by their text. They end with the session. */
  readonly prepared: Map<string, DuckDBPreparedStatement>;
  /** Begins a transaction, so that `end` can tell whether what ran in it failed; closing ends it, too. */
  begin(): Promise<void>;
  /** Ends the transaction. False when a query in it has failed: a stream of rows that fails half-way just ends in DuckDB's binding. */
  end(): Promise<boolean>;
  close(): Promise<void>;
}

/** What all sessions of an engine share. */
export interface SessionHost {
  readonly duckdb: DuckDB;
  readonly instance: DuckDBInstance;
  readonly scans: ScanRegistry;
  readonly spillDirectory: string;
  readonly references: ReferenceReader;
}

/** A new session. */
export async function openSession(host: SessionHost, signal?: AbortSignal): Promise<Session> {
  const { duckdb: { api }, instance, scans } = host;
  const connection = await instance.connect();
  const keys: string[] = [];
  const closing: (() => void)[] = [];
  let variables = 0;
  let open = true;
  let begun = false;
  const bind = async (value: DuckDBValue, type?: DuckDBType): Promise<string> => {
    const name = `__duckpond_${variables}`;
    variables += 1;
    await connection.run(`SET VARIABLE ${name} = $1`, [value], type === undefined ? undefined : [type]);
    return `getvariable('${name}')`;
  };
  const scan = (source: ScanSource): string => {
    const { key, sql } = scans.add(source);
    keys.push(key);
    return sql;
  };
  const attached: string[] = [];
  const run = async (sql: string): Promise<void> => {
    try {
      await connection.run(sql);
    } catch (error) {
      throw queryFailed(error);
    }
  };
  return {
    connection,
    duckdb: host.duckdb,
    references: host.references,
    prepared: new Map(),
    attach: async (database) => {
      const name = quoteIdentifier(database);
      await run(`ATTACH ':memory:' AS ${name}`);
      attached.push(name);
      await run(`USE ${name}`);
    },
    spillDirectory: host.spillDirectory,
    ...(signal === undefined ? {} : { signal }),
    bind,
    bindTexts: (values) => bind(api.listValue([...values]), api.LIST(api.VARCHAR)),
    bindParquetSchema: (columns) => {
      const column = api.STRUCT({ name: api.VARCHAR, type: api.VARCHAR, default_value: api.VARCHAR });
      const entries = columns.map(({ name, sqlType }) => ({
        key: name, value: api.structValue({ name, type: sqlType, default_value: null }),
      }));
      return bind(api.mapValue(entries), api.MAP(api.VARCHAR, column));
    },
    rows: (part) => scan(rowsSource(host.duckdb, part)),
    nested: (part) => byteStreamSelect(part, scan(byteStreamSource(host.duckdb, part))),
    arrow: (streams) => groupStreams(streams).map((group) => {
      const source = scan(arrowSource(host.duckdb, group));
      return { source, columns: arrowColumns(host.duckdb, group) };
    }),
    run,
    begin: async () => {
      await run('BEGIN TRANSACTION');
      begun = true;
    },
    end: async () => {
      begun = false;
      try {
        // COMMIT alone says nothing of a transaction that was aborted.
        await connection.run('SELECT 1; COMMIT');
        return true;
      } catch {
        // "Current transaction is aborted": nothing else can be wrong with these statements.
        await connection.run('ROLLBACK');
        return false;
      }
    },
    atClose: (action) => void closing.push(action),
    all: async (sql) => {
      try {
        return await (await connection.run(sql)).getRows();
      } catch (error) {
        throw queryFailed(error);
      }
    },
    columnsOf: async (select): Promise<readonly Column[]> => {
      try {
        const prepared = await connection.prepare(select);
        const columns: Column[] = [];
        for (let at = 0; at < prepared.columnCount; at += 1) {
          columns.push({ name: prepared.columnName(at), type: prepared.columnType(at).toString() });
        }
        prepared.destroySync();
        return columns;
      } catch (error) {
        throw queryFailed(error);
      }
    },
    close: async () => {
      if (!open) return;
      open = false;
      for (const key of keys) scans.remove(key);
      if (begun) await connection.run('ROLLBACK');
      if (attached.length > 0) await connection.run('USE memory');
      for (const name of attached) await connection.run(`DETACH ${name}`);
      connection.closeSync();
      for (const action of closing) action();
    },
  };
}
