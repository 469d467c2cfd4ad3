import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { afterAll, describe, it } from 'vitest';
import { nodeIo } from '@duckpond/oplog';
import { crashStates, describeCrash, marksBefore, recordIo, replayCrash } from '@duckpond/oplog/testing/faults';
import { PondError } from '../src/errors.ts';
import { openPond } from '../src/open-pond.ts';
import type { Pond } from '../src/pond.ts';
import { SCENARIOS, type Scenario } from './fault-scenarios.ts';
import { testEnvironment } from './test-environment.ts';
import { dumpPond } from './tree-dump.ts';

const place = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'duckpond-crash-'));
afterAll(() => rmSync(place, { recursive: true, force: true }));

const SEED = Number(env['DUCKPOND_SEED'] ?? 1);
/** How many states of each scenario. */
const STATES = Number(env['DUCKPOND_STATES'] ?? 20);
const LATER = 3 * 3_600_000;

interface State {
  readonly txnSeq: number;
  readonly contentRoot: string | undefined;
  readonly tree: string;
}

async function stateOf(directory: string): Promise<State> {
  const pond = await openPond(directory).catch((error: unknown) => {
    if (error instanceof PondError && error.code === 'no-pond') return undefined;
    throw error;
  });
  if (pond === undefined) return { txnSeq: 0, contentRoot: undefined, tree: '' };
  const { faults, contentRoot } = await pond.fsck();
  assert.deepEqual(faults.filter(({ severity }) => severity !== 'derived'), [], 'what fsck finds');
  return { txnSeq: (await pond.transaction()).txnSeq, tree: await treeOf(pond, directory), contentRoot };
}

async function treeOf(pond: Pond, directory: string): Promise<string> {
  return JSON.stringify(await dumpPond(pond, directory));
}

async function tryStates(scenario: Scenario, number: number): Promise<number> {
  const disk = join(place, `disk-${number}`);
  mkdirSync(disk);
  const directory = join(disk, 'pond');
  await scenario.before?.(directory, testEnvironment(number));
  const before = await stateOf(directory);
  const { io, mark, trace } = recordIo(nodeIo, disk);
  const environment = testEnvironment(1000 + number);
  environment.passMillis(LATER);
  await scenario.run(directory, environment, io);
  mark('acknowledged');
  const after = await stateOf(directory);
  let states = 0;
  for (const state of crashStates(trace, { seed: SEED + number, limit: STATES })) {
    const what = `${scenario.name}: ${describeCrash(trace, state)}`;
    const crashed = join(place, 'crashed');
    rmSync(crashed, { recursive: true, force: true });
    replayCrash(trace, state, crashed);
    const found = await stateOf(join(crashed, 'pond')).catch((error: unknown) => assert.fail(`${what}: ${error instanceof Error ? error.stack : String(error)}`));
    const isAfter = found.txnSeq === after.txnSeq && found.tree === after.tree && found.contentRoot === after.contentRoot;
    const isBefore = found.txnSeq === before.txnSeq && found.tree === before.tree && found.contentRoot === before.contentRoot;
    assert.ok(isAfter || isBefore, `${what}: neither before nor after: ${JSON.stringify({ before, after, found }).slice(0, 2000)}`);
    if (marksBefore(trace, state).includes('acknowledged')) assert.ok(isAfter, `${what}: acknowledged, but not there`);
    if (found.txnSeq > 0) {
      const pond = await openPond(join(crashed, 'pond'));
      await pond.write(async (fs) => (await fs.root()).write('/after the crash', [Buffer.from('x')]));
      assert.equal((await (await openPond(join(crashed, 'pond'))).transaction()).txnSeq, found.txnSeq + 1, what);
    }
    states++;
  }
  return states;
}

describe(`a pond after a power cut (seed ${SEED})`, () => {
  for (const [number, scenario] of SCENARIOS.entries()) {
    it(`${scenario.name}: is before or after, and after once it was acknowledged`, async () => {
      assert.ok(await tryStates(scenario, number) > 0);
    }, 600_000);
  }
});
