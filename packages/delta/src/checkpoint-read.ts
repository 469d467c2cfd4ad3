import type { Checkpoint } from './log-segment.ts';
import type { ObjectStore } from './object-store.ts';
import type { TableState } from './replay.ts';

export function readCheckpoint(_store: ObjectStore, _checkpoint: Checkpoint): Promise<TableState> {
  throw new Error('not yet');
}
