import { deletionVectorPath } from './deletion-vector.ts';
import { assertWritable } from './features.ts';
import type { ObjectMeta, ObjectStore } from './object-store.ts';
import { fileRetentionMillis } from './retention.ts';
import { completeSnapshot, openSnapshot, type Snapshot } from './snapshot.ts';

/** Removing files that no readable version needs any more. */

export interface VacuumOptions {
  readonly nowMillis: number;
  /** The table's own retention unless given. A shorter one takes the files of running readers and writers away. */
  readonly retentionMillis?: number;
  /** Paths that stay although the table does not refer to them. */
  readonly protectedPaths?: ReadonlySet<string>;
  /** Only says what would be removed. */
  readonly dryRun?: boolean;
}

export interface VacuumResult {
  /** The version whose references were kept. */
  readonly version: number;
  /** What was removed, or would be. */
  readonly removed: readonly ObjectMeta[];
}

/**
 * The objects that may go: older than the retention, referred to neither by the table nor by a removal younger than the
 * retention, not protected, and in no directory or file whose name begins with `_` or `.`.
 *
 * @param snapshot with all its tombstones
 */
export function planVacuum(snapshot: Snapshot, objects: readonly ObjectMeta[], options: VacuumOptions): readonly ObjectMeta[] {
  const oldest = options.nowMillis - (options.retentionMillis ?? fileRetentionMillis(snapshot.metadata));
  const needed = new Set(options.protectedPaths);
  const unexpired = [...snapshot.tombstones.values()].filter((remove) => (remove.deletionTimestamp ?? 0) >= oldest);
  for (const file of [...snapshot.files.values(), ...unexpired]) {
    needed.add(file.path);
    const vector = file.deletionVector === undefined ? undefined : deletionVectorPath(file.deletionVector);
    if (vector !== undefined) needed.add(vector);
  }
  return objects.filter(({ path, modifiedMillis }) => modifiedMillis < oldest && !needed.has(path) && !isHidden(path));
}

export async function vacuum(store: ObjectStore, options: VacuumOptions): Promise<VacuumResult> {
  // Listed before the log is read: what is committed in between is referred to by what is read.
  const objects: ObjectMeta[] = [];
  for await (const object of store.list('')) objects.push(object);
  const snapshot = await completeSnapshot(store, await openSnapshot(store));
  assertWritable(snapshot.protocol, snapshot.metadata, snapshot.schema);
  const removed = planVacuum(snapshot, objects, options);
  if (options.dryRun !== true) {
    for (const { path } of removed) await store.delete(path);
  }
  return { version: snapshot.version, removed };
}

function isHidden(path: string): boolean {
  return path.split('/').some((component) => component.startsWith('_') || component.startsWith('.'));
}
