import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createPond } from '../src/index.ts';
import { scratchDirectories } from './scratch-directory.ts';

const scratch = scratchDirectories();

it('a pond that stays open does not keep its past: the heap is flat over many commits', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const pond = await createPond(join(scratch(), 'pond'));
  const heapAfter = async (commits: number): Promise<number> => {
    for (let i = 0; i < commits; i++) {
      await pond.write(async (fs) => { await (await fs.root()).write(`/d${i % 5}`, [Buffer.from(String(i))]); });
    }
    collect();
    return process.memoryUsage().heapUsed;
  };
  const early = await heapAfter(500);
  const late = await heapAfter(1500);
  // What may grow are the tombstones of an hour; a closure that held each head before kept some 15 MB.
  expect((late - early) / 1e6).toBeLessThan(5);
});
