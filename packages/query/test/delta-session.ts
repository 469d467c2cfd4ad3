import type { Json } from '@duckdb/node-api';
import { createDeltaReader } from '../src/delta-table.ts';
import { openEngine } from '../src/engine.ts';
import { openSession, type Session } from '../src/session.ts';

/** A session of an engine that may read one directory, and the queries of tests over it. */
export interface DeltaSession extends Session {
  rowsOf(sql: string): Promise<Json[][]>;
  /** Makes the temporary view `name` of a Delta table. */
  deltaView(name: string, root: string, options?: Readonly<Record<string, string>>): Promise<void>;
}

export async function openDeltaSession(directory: string): Promise<DeltaSession> {
  const engine = await openEngine({ readableDirectories: [directory], spillDirectory: directory, threads: 2 });
  const session = await openSession(engine.host);
  return {
    ...session,
    close: async () => {
      await session.close();
      engine.close();
    },
    rowsOf: async (sql) => (await session.connection.runAndReadAll(sql)).getRowsJson(),
    deltaView: async (name, root, options = {}) => {
      const select = await createDeltaReader().select(session, [root], options);
      await session.run(`CREATE OR REPLACE TEMP VIEW "${name}" AS ${select}`);
    },
  };
}
