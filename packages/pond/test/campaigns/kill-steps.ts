import type { LocalIo } from '@duckpond/oplog';
import { createPond, type Environment, openPond, type Pond, PondError } from '../../src/index.ts';
import type { FakeRunMaker } from '../fake-rows.ts';
import { applyOperations, type Model, type Operation, type OperationKind, perform, randomOperations } from './kill-model.ts';

/** What a process is at when it is killed. Another capability of the pond joins with a name here and a line below. */
export const STEPS = [
  'init', 'open', 'write', 'append', 'copy', 'rename', 'remove', 'setting', 'revert', 'checkpoint', 'merge', 'vacuum',
] as const;

export type StepName = (typeof STEPS)[number];

/** What a step does to the files of the pond; a revert undoes the transaction before it, a step of maintenance nothing. */
export type Change = readonly Operation[] | 'undo';

export interface Step {
  readonly name: StepName;
  readonly change: Change;
}

/** What whoever follows the steps knows of the pond. */
export interface Known {
  readonly model: Model;
  /** What it was before the newest transaction, when that can be reverted. */
  readonly undone: Model | undefined;
  readonly txnSeq: number;
}

export function afterStep({ model, undone, txnSeq }: Known, change: Change, newest: number): Known {
  if (newest === txnSeq) return { model, undone, txnSeq };
  if (change === 'undo') return { model: undone ?? model, undone: undefined, txnSeq: newest };
  return { model: applyOperations(model, change), undone: isUndoable(change) ? model : undefined, txnSeq: newest };
}

/** Appended rows are not taken back. */
function isUndoable(change: readonly Operation[]): boolean {
  return change.length > 0 && change.every((operation) => operation.do !== 'write' || operation.kind === 'data');
}

export interface Site {
  readonly directory: string;
  readonly environment: Environment;
  readonly io: LocalIo;
  readonly runMaker: FakeRunMaker;
}

/** Opens the pond, or makes it where there is none. */
export async function openOrCreate({ directory, environment, io, runMaker }: Site): Promise<Pond> {
  return openPond(directory, { environment, runMaker }, io).catch((error: unknown) => {
    if (!(error instanceof PondError) || error.code !== 'no-pond') throw error;
    return createPond(directory, { environment }, io).then(() => openPond(directory, { environment, runMaker }, io));
  });
}

/** @returns undefined when the model has nothing that the step could be done to */
export function plannedStep(name: StepName, { model, undone }: Known, random: () => number): Step | undefined {
  switch (name) {
    case 'init': case 'open': return undefined;
    case 'write': case 'append': case 'copy': case 'rename': case 'remove': {
      const change = randomOperations(model, KINDS[name], name === 'copy' ? 40 : 1 + Math.floor(random() * 4), random);
      return change.length === 0 ? undefined : { name, change };
    }
    case 'revert': return undone !== undefined ? { name, change: 'undo' } : undefined;
    case 'setting': case 'checkpoint': case 'merge': case 'vacuum': return { name, change: [] };
  }
}

const KINDS: Readonly<Record<'write' | 'append' | 'copy' | 'rename' | 'remove', readonly OperationKind[]>> = {
  write: ['write', 'write', 'append', 'rename', 'remove', 'move-directory', 'remove-directory'],
  append: ['append'],
  copy: ['write'],
  rename: ['rename', 'move-directory'],
  remove: ['remove', 'remove', 'remove-directory'],
};

/** @returns the newest transaction afterwards */
export async function performStep(pond: Pond, { name, change }: Step, number: number): Promise<number> {
  const command = ['kill-worker', name];
  switch (name) {
    case 'init': case 'open': break;
    case 'write': case 'append': case 'copy': case 'rename': case 'remove':
      await pond.write((fs) => perform(fs, change === 'undo' ? [] : change), { command });
      break;
    case 'setting': await pond.setSetting('log.limit', String(1 + number), { command }); break;
    case 'revert': await pond.revert({ txnSeq: (await pond.transaction()).txnSeq - 1 }, { command }); break;
    case 'checkpoint': await pond.maintain(); break;
    case 'merge': await pond.maintain({ compact: true }); break;
    case 'vacuum': await pond.maintain({ compact: true, vacuum: true }); break;
  }
  return (await pond.transaction()).txnSeq;
}
