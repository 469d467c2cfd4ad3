import { type Json, listValue } from '@duckdb/node-api';
import { createDeltaReader } from '../src/delta-table.ts';
import { loadDuckDB } from '../src/duckdb.ts';
import { referenceReader } from '../src/reference-reader.ts';
import { scanRegistry } from '../src/scans.ts';
import { openSession, type Session } from '../src/session.ts';

/** A session of a DuckDB that may read one directory, locked as the engine locks it, and the queries of tests over it. */
export interface DeltaSession extends Session {
  rowsOf(sql: string): Promise<Json[][]>;
  /** Makes the temporary view `name` of a Delta table. */
  deltaView(name: string, root: string, options?: Readonly<Record<string, string>>): Promise<void>;
}

export async function openDeltaSession(directory: string): Promise<DeltaSession> {
  const duckdb = await loadDuckDB();
  const instance = await duckdb.api.DuckDBInstance.create(':memory:', { threads: '2', autoload_known_extensions: 'false' });
  const setup = await instance.connect();
  await setup.run(`SET GLOBAL TimeZone = 'UTC'`);
  await setup.run('SET allowed_directories = $1', [listValue([directory])]);
  await setup.run('SET enable_external_access = false');
  await setup.run('SET lock_configuration = true');
  const references = referenceReader(setup);
  const session = await openSession({ duckdb, instance, scans: scanRegistry(duckdb), spillDirectory: directory, references });
  return {
    ...session,
    close: async () => {
      await session.close();
      setup.closeSync();
      instance.closeSync();
    },
    rowsOf: async (sql) => (await session.connection.runAndReadAll(sql)).getRowsJson(),
    deltaView: async (name, root, options = {}) => {
      const select = await createDeltaReader().select(session, [root], options);
      await session.run(`CREATE OR REPLACE TEMP VIEW "${name}" AS ${select}`);
    },
  };
}
