// Ponds of any age, made through the public API. Making one does not fsync (it is no part of any measurement) and is kept
// for the next run.
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeIo } from '../packages/delta/dist/index.js';
import { createPond, openPond } from '../packages/pond/dist/index.js';

export const CLI = new URL('../packages/cmd/dist/pond.cjs', import.meta.url).pathname;
export const ROOT = join(tmpdir(), 'duckpond-bench');

/** A fresh, empty directory on the disk that is measured. */
export function scratch(name) {
  const directory = join(ROOT, name);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  return directory;
}

export const unsynced = { ...nodeIo, fsync() {}, fsyncDirectory() {}, fsyncInPool: async () => {}, fsyncDirectoryInPool: async () => {} };

/** The tail of a pond is full when the next commit would fold it. */
const FULL_TAIL = 15;

/** The directory of a pond with at least `count` transactions and a full tail: ten directories in which files get new versions. */
export async function agedPond(count, format = 'v1') {
  const directory = join(ROOT, `aged-${format}-${count}`);
  if (existsSync(join(directory, 'ready'))) return join(directory, 'pond');
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const pond = await createPond(join(directory, 'pond'), { command: ['init'] }, unsynced);
  for (let i = 2; i <= count; i++) await collect(pond, i);
  for (let i = count + 1; (await pond.status()).tailCommits < FULL_TAIL; i++) await collect(pond, i);
  await pond.close();
  writeFileSync(join(directory, 'ready'), '');
  return join(directory, 'pond');
}

async function collect(pond, i) {
  await pond.write(async (fs) => {
    const root = await fs.root();
    await root.write(`/site${i % 10}/reading.csv`, [Buffer.from(`time,value\n${i},${i % 97}\n`)], { parents: true });
  }, { command: ['pond', 'run', `site${i % 10}`] });
}

export { createPond, openPond };
