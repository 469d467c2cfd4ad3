import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createPond } from '../src/index.ts';
import { seededEnvironment } from './every-kind.ts';
import { scratchDirectories } from './scratch-directory.ts';

const scratch = scratchDirectories();

it('revert() brings a removed directory back with version numbers that go on without a gap', async () => {
  const pond = await createPond(join(scratch(), 'pond'), { environment: seededEnvironment() });
  const change = (path: string): Promise<unknown> =>
    pond.write(async (fs) => (await fs.root()).write(path, [Buffer.from(path)], { parents: true }));
  for (const name of ['a', 'b', 'c']) await change(`/d/${name}`);
  const { txnSeq } = await pond.transaction();
  for (let round = 0; round < 2; round++) {
    await pond.write(async (fs) => (await fs.root()).remove('/d', { recursive: true }));
    await pond.revert({ txnSeq });
    await change(`/d/after-${round}`);
    expect((await pond.fsck()).faults).toEqual([]);
  }
  const names = await pond.read(async (fs) => {
    const found: string[] = [];
    for await (const { path } of (await fs.root()).list('/d')) found.push(path);
    return found;
  });
  expect(names).toEqual(['/d/a', '/d/after-1', '/d/b', '/d/c']);
  await pond.close();
});
