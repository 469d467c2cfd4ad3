import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { createLocalTurn } from '../src/local-turn.ts';
import { nodeIo } from '../src/local-io.ts';
import { scratchDirectories } from './scratch-directory.ts';

const scratchDirectory = scratchDirectories();
const nothing = (): Promise<void> => Promise.resolve();

describe('createLocalTurn()', () => {
  it('gives turns in the order in which they were asked for, one at a time', async () => {
    const directory = scratchDirectory();
    let now = 1000;
    const writers = Array.from({ length: 5 }, () => createLocalTurn(directory, nodeIo, { nowMillis: () => now, isAlive: () => true }));
    const order: number[] = [];
    let holders = 0;
    await Promise.all(writers.map(async (turn, i) => {
      now += 1;
      const held = await turn.take(nothing);
      assert.equal(++holders, 1);
      order.push(i);
      await new Promise((resolve) => setTimeout(resolve, 3));
      holders -= 1;
      held.end();
    }));
    assert.deepEqual(order, [0, 1, 2, 3, 4]);
    assert.deepEqual(readdirSync(join(directory, '_turns')), []);
  });

  it('lets the holder go on for a while, and for as long as nobody waits', async () => {
    const directory = scratchDirectory();
    let now = 1000;
    const turn = createLocalTurn(directory, nodeIo, { nowMillis: () => now, isAlive: () => true });
    const held = await turn.take(nothing);
    now += 100;
    assert.equal(held.mayGoOn(), true);
    const other = turn.take(nothing);
    assert.equal(held.mayGoOn(), true);
    now += 100;
    assert.equal(held.mayGoOn(), false);
    held.end();
    assert.equal((await other).isCrowded, true);
  });

  it('passes over a holder that has died, and does not wait for ever for one that is stuck', async () => {
    for (const isAlive of [false, true]) {
      const directory = scratchDirectory();
      let now = 1000;
      const options = { nowMillis: () => (now += 10), isAlive: () => isAlive };
      await createLocalTurn(directory, nodeIo, options).take(nothing);
      assert.equal(readdirSync(join(directory, '_turns')).length, 1);
      const held = await createLocalTurn(directory, nodeIo, options).take(nothing);
      assert.equal(held.mayGoOn(), !isAlive);
    }
  });

  it('goes without turns where there can be none', async () => {
    const directory = scratchDirectory();
    writeFileSync(join(directory, '_turns'), 'a file');
    const held = await createLocalTurn(directory, nodeIo, { nowMillis: Date.now, isAlive: () => true }).take(nothing);
    assert.equal(held.mayGoOn(), false);
    held.end();
  });
});
