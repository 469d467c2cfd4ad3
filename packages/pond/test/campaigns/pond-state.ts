import assert from 'node:assert/strict';
import { realEnvironment } from '../../src/environment.ts';
import { PondError } from '../../src/errors.ts';
import { openPond } from '../../src/open-pond.ts';
import type { Environment, Pond } from '../../src/pond.ts';
import { dumpPond } from '../tree-dump.ts';

/** Everything that counts of a pond, to be compared. */
export interface PondState {
  /** 0 without a pond. */
  readonly txnSeq: number;
  readonly contentRoot: string | undefined;
  /** Every node, version, byte and row. */
  readonly tree: string;
}

/** @throws AssertionError when fsck finds more than what can be derived anew */
export async function stateOf(directory: string, environment: Environment = realEnvironment()): Promise<PondState> {
  const pond = await openPond(directory, { environment }).catch((error: unknown) => {
    if (error instanceof PondError && error.code === 'no-pond') return undefined;
    throw error;
  });
  if (pond === undefined) return { txnSeq: 0, contentRoot: undefined, tree: '' };
  const { faults, contentRoot } = await pond.fsck();
  assert.deepEqual(faults.filter(({ severity }) => severity !== 'derived'), [], 'what fsck finds');
  return { ...await seenBy(pond, directory), contentRoot };
}

export async function seenBy(pond: Pond, directory: string): Promise<Pick<PondState, 'txnSeq' | 'tree'>> {
  const { txnSeq } = await pond.transaction();
  return { txnSeq, tree: JSON.stringify(await dumpPond(pond, directory)) };
}

export function isSameState(a: PondState, b: PondState): boolean {
  return a.txnSeq === b.txnSeq && a.tree === b.tree && a.contentRoot === b.contentRoot;
}

/** What it is in, and before or after what. */
export interface Sides {
  readonly before: PondState;
  readonly after: PondState;
}

/** @throws AssertionError when it is neither */
export function sideOf(found: PondState, { before, after }: Sides): 'before' | 'after' {
  // What changes nothing is after at once.
  if (isSameState(found, after)) return 'after';
  assert.ok(isSameState(found, before), `neither before nor after: not before, ${difference(found, before)}; not after, ${difference(found, after)}`);
  return 'before';
}

function difference(found: PondState, wanted: PondState): string {
  if (found.txnSeq !== wanted.txnSeq) return `transaction ${found.txnSeq} instead of ${wanted.txnSeq}`;
  const nodesOf = ({ tree }: PondState): string[] => (JSON.parse(tree || '[]') as unknown[]).map((node) => JSON.stringify(node));
  const [is, be] = [new Set(nodesOf(found)), new Set(nodesOf(wanted))];
  const strange = [...is].filter((node) => !be.has(node));
  const missing = [...be].filter((node) => !is.has(node));
  return `content root ${found.contentRoot} instead of ${wanted.contentRoot}, ${strange.slice(0, 3).join()} instead of ${missing.slice(0, 3).join()}`;
}

/** A pond that is found after a failure takes the next change. */
export async function assertGoesOn(directory: string, path: string): Promise<void> {
  const opened = await openPond(directory).catch((error: unknown) => {
    if (error instanceof PondError && error.code === 'no-pond') return undefined;
    throw error;
  });
  if (opened === undefined) return;
  const { transaction } = await opened.write(async (fs) => (await fs.root()).write(path, [Buffer.from('x')]));
  assert.ok(transaction);
  assert.equal((await (await openPond(directory)).transaction()).txnSeq, transaction.txnSeq);
}
