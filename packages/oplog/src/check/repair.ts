import { completeSnapshot, type ObjectStore, openSnapshot, writeCheckpoint } from '@duckpond/delta';
import { createDataReader } from '../data-reader.ts';
import type { Environment } from '../environment.ts';
import { openHead } from '../head.ts';
import { foldState } from '../maintenance.ts';
import { STATE_HINT_PATH } from '../state/state-files.ts';
import type { Finding } from './finding.ts';

/**
 * Rebuilds what is derived and wrong: takes it away and writes it anew from the commits and records. Nothing else is touched,
 * and the caller has made sure that those are whole.
 */
export async function repairDerived(store: ObjectStore, environment: Environment, findings: readonly Finding[]): Promise<void> {
  const files = new Set(findings.filter(({ severity }) => severity === 'derived').map(({ file }) => file));
  if (files.size === 0) return;
  const isCheckpoint = (file: string): boolean => file.startsWith('_delta_log/') && !file.endsWith('.crc');
  const needsCheckpoint = [...files].some(isCheckpoint);
  // The hint goes first: without it nobody looks for the rest.
  await store.delete(STATE_HINT_PATH);
  if (needsCheckpoint) await store.delete('_delta_log/_last_checkpoint');
  for (const file of files) await store.delete(file);
  const snapshot = await completeSnapshot(store, await openSnapshot(store));
  if (needsCheckpoint) await writeCheckpoint(store, snapshot);
  const reader = createDataReader(store);
  // A `.crc` is written only where there is none, and the newest must be right for the hint to be of use.
  await store.delete(`_delta_log/${String(snapshot.version).padStart(20, '0')}.crc`);
  await foldState(store, reader, environment, await openHead(store, reader), false);
}
