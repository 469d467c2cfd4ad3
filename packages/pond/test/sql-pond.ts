import { join } from 'node:path';
import { createPond } from '../src/create-pond.ts';
import type { Pond, SqlOptions } from '../src/pond.ts';
import { scratchDirectories } from './scratch-directory.ts';
import { testEnvironment } from './test-environment.ts';

/** A function that makes ponds for the tests of a file. */
export function testPonds(): (files?: Readonly<Record<string, string | Uint8Array>>) => Promise<Pond> {
  const directory = scratchDirectories();
  let seed = 1;
  return async (files = {}) => {
    const pond = await createPond(join(directory(), 'pond'), { environment: testEnvironment(seed++) });
    if (Object.keys(files).length > 0) await writeFiles(pond, files);
    return pond;
  };
}

/** One transaction with these files, made or written anew. */
export async function writeFiles(
  pond: Pond, files: Readonly<Record<string, string | Uint8Array>>, kind: 'data' | 'series' = 'data',
): Promise<void> {
  await pond.write(async (fs) => {
    const root = await fs.root();
    for (const [path, content] of Object.entries(files)) {
      await root.write(path, [typeof content === 'string' ? Buffer.from(content) : content], { parents: true, kind });
    }
  });
}

export type Row = readonly unknown[];

/** All rows of a query. */
export async function rowsOf(pond: Pond, query: string, options: SqlOptions = {}): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of (await pond.sql(query, options)).rows()) rows.push(row);
  return rows;
}

/** An Arrow IPC stream of a query's rows. */
export async function arrowOf(pond: Pond, query: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of (await pond.sql(query)).arrow()) pieces.push(piece);
  return Buffer.concat(pieces);
}
