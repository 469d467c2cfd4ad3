import { DuckDBInstance, type DuckDBConnection, type DuckDBValue, type Json, listValue } from '@duckdb/node-api';
import { createDeltaReader } from '../src/delta-table.ts';
import type { ScanSession } from '../src/scan-session.ts';

/** A session over a bare connection, for readers that bind values and run statements, and the queries of tests over it. */
export interface TestSession extends ScanSession {
  readonly connection: DuckDBConnection;
  rowsOf(sql: string): Promise<Json[][]>;
  /** Makes the temporary view `name` of a Delta table. */
  deltaView(name: string, root: string, options?: Readonly<Record<string, string>>): Promise<void>;
}

export async function openTestSession(): Promise<TestSession> {
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect();
  await connection.run(`SET TimeZone = 'UTC'`);
  let variables = 0;
  const unused = (): never => {
    throw new Error('not needed for Delta tables');
  };
  const bind = async (value: DuckDBValue): Promise<string> => {
    variables += 1;
    await connection.run(`SET VARIABLE v${variables} = $1`, [value]);
    return `getvariable('v${variables}')`;
  };
  const session: TestSession = {
    connection,
    bind,
    bindTexts: (values) => bind(listValue([...values])),
    rows: unused,
    arrow: unused,
    all: async (sql) => (await connection.runAndReadAll(sql)).getRows(),
    columnsOf: async (select) => {
      const result = await connection.run(`${select} LIMIT 0`);
      return result.columnNames().map((name, at) => ({ name, type: result.columnType(at).toString() }));
    },
    spillDirectory: '',
    rowsOf: async (sql) => (await connection.runAndReadAll(sql)).getRowsJson(),
    deltaView: async (name, root, options = {}) => {
      const select = await createDeltaReader().select(session, [root], options);
      await connection.run(`CREATE OR REPLACE TEMP VIEW "${name}" AS ${select}`);
    },
  };
  return session;
}
