import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, stdout } from 'node:process';
import { afterAll, describe, it } from 'vitest';
import { nodeIo } from '@duckpond/oplog';
import { CrashError, createFaultyIo, describePlan, type FaultPlan, faultPlans, seededRandom } from '@duckpond/oplog/testing/faults';
import { PondError } from '../src/errors.ts';
import { openPond } from '../src/open-pond.ts';
import type { Pond } from '../src/pond.ts';
import { SCENARIOS, type Scenario } from './fault-scenarios.ts';
import { testEnvironment } from './test-environment.ts';
import { dumpPond } from './tree-dump.ts';

// The faults are made up, so a file system in memory does as well.
const place = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'duckpond-faults-'));
afterAll(() => rmSync(place, { recursive: true, force: true }));

const SEED = Number(env['DUCKPOND_SEED'] ?? 1);
/** How many plans of each scenario; all of them with DUCKPOND_PLANS=all. */
const PLANS = env['DUCKPOND_PLANS'] === 'all' ? Number.POSITIVE_INFINITY : Number(env['DUCKPOND_PLANS'] ?? 20);
const LATER = 3 * 3_600_000;

interface State {
  /** 0 without a pond. */
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
  return { ...await seenBy(pond, directory), contentRoot };
}

async function seenBy(pond: Pond, directory: string): Promise<Pick<State, 'txnSeq' | 'tree'>> {
  const { txnSeq } = await pond.transaction();
  return { txnSeq, tree: JSON.stringify(await dumpPond(pond, directory)) };
}

interface Outcomes {
  plans: number;
  acknowledged: number;
  before: number;
  /** Not acknowledged, and there nevertheless: what a caller must reckon with after such an error. */
  rejectedButThere: string[];
}

async function tryPlans(scenario: Scenario, number: number): Promise<Outcomes> {
  const template = join(place, `template-${number}`);
  await scenario.before?.(template, testEnvironment(number));
  const before = await stateOf(template);
  const environment = (): ReturnType<typeof testEnvironment> => {
    const later = testEnvironment(1000 + number);
    later.passMillis(LATER);
    return later;
  };
  const copy = (name: string): string => {
    const directory = join(place, name);
    rmSync(directory, { recursive: true, force: true });
    if (existsSync(template)) cpSync(template, directory, { recursive: true, preserveTimestamps: true });
    return directory;
  };
  const counting = createFaultyIo(nodeIo);
  await scenario.run(copy('counting'), environment(), counting.io);
  const after = await stateOf(join(place, 'counting'));
  const outcomes: Outcomes = { plans: 0, acknowledged: 0, before: 0, rejectedButThere: [] };
  for (const plan of sampled([...faultPlans(counting.operationCount())], SEED + number)) {
    const what = `${scenario.name}, ${describePlan(plan)}`;
    const directory = copy('faulty');
    const { io, hasFired } = createFaultyIo(nodeIo, plan);
    let pond: Pond | undefined;
    let failure: unknown;
    try {
      pond = await scenario.run(directory, environment(), io);
    } catch (error) {
      failure = error;
      assert.ok(hasFired(), `${what}: ${String(error)}`);
      assert.ok(error instanceof CrashError || isOurs(error), `${what}: an error of another kind: ${error instanceof Error ? error.stack : String(error)}`);
    }
    if (!hasFired()) continue;
    outcomes.plans++;
    const found = await stateOf(directory).catch((error: unknown) => assert.fail(`${what}: ${error instanceof Error ? error.stack : String(error)}`));
    const isAfter = found.txnSeq === after.txnSeq && found.tree === after.tree && found.contentRoot === after.contentRoot;
    const isBefore = found.txnSeq === before.txnSeq && found.tree === before.tree && found.contentRoot === before.contentRoot;
    assert.ok(isAfter || isBefore, `${what}: neither before nor after: ${JSON.stringify({ before, after, found }).slice(0, 2000)}`);
    if (pond !== undefined) {
      outcomes.acknowledged++;
      assert.equal(found.txnSeq, after.txnSeq, `${what}: acknowledged, but not there`);
    } else if (found.txnSeq === before.txnSeq) {
      outcomes.before++;
    } else {
      outcomes.rejectedButThere.push(`${describePlan(plan)}: ${String(failure)}`);
    }
    await checkGoesOn(directory, what, pond, plan);
  }
  return outcomes;
}

/** Plans to be tried, each fault at operations all over the scenario. */
function sampled(plans: readonly FaultPlan[], seed: number): readonly FaultPlan[] {
  if (plans.length <= PLANS) return plans;
  const random = seededRandom(seed);
  return Array.from({ length: PLANS }, (_, i) => plans[Math.floor(((i + random()) / PLANS) * plans.length)]).filter((plan) => plan !== undefined);
}

function isOurs(error: unknown): boolean {
  return error instanceof Error && ['DeltaError', 'OplogError', 'PondError'].includes(error.name) && /^Cannot /.test(error.message);
}

/** The pond that lived through the fault tells the same as one that is opened anew, and a new one takes the next change. */
async function checkGoesOn(directory: string, what: string, survivor: Pond | undefined, plan: FaultPlan): Promise<void> {
  const opened = await openPond(directory).catch(() => undefined);
  if (opened === undefined) return;
  if (survivor !== undefined && plan.sticky !== true && plan.fault.kind !== 'crash') {
    assert.deepEqual(await seenBy(survivor, directory), await seenBy(opened, directory), `${what}: the pond that lived through it`);
  }
  const { transaction } = await opened.write(async (fs) => (await fs.root()).write('/after the fault', [Buffer.from('x')]));
  assert.ok(transaction, what);
  assert.equal((await (await openPond(directory)).transaction()).txnSeq, transaction.txnSeq, what);
}

describe(`a pond under a fault at every operation of the disk (seed ${SEED})`, () => {
  for (const [number, scenario] of SCENARIOS.entries()) {
    it(`${scenario.name}: is before or after, never between`, async () => {
      const { plans, acknowledged, before, rejectedButThere } = await tryPlans(scenario, number);
      if (env['DUCKPOND_VERBOSE'] !== undefined) {
        stdout.write(`${scenario.name}: ${plans} faults, ${acknowledged} acknowledged, ${before} before, ${rejectedButThere.length} rejected but there\n`);
        for (const one of rejectedButThere.slice(0, 20)) stdout.write(`  ${one}\n`);
      }
      assert.equal(plans, acknowledged + before + rejectedButThere.length);
      assert.ok(plans > 4, `${plans} faults`);
    }, 600_000);
  }
});
