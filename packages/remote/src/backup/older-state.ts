import { RemoteError } from '../errors.ts';
import type { RemoteStore } from '../remote-store.ts';
import { indexOf } from './backup-index.ts';
import { entriesOf, readEntry } from './backup-log.ts';
import { FILES_PREFIX, PACKS_PREFIX } from './layout.ts';

/** How many states are looked at. */
const MOST_STATES = 256;

/**
 * The newest state before an entry whose packs and large files are all there, by its transaction; undefined when there is none
 * among the last. Whether its blobs are, shows when it is restored.
 */
export async function olderState(store: RemoteStore, sequence: number, damaged: ReadonlySet<string>): Promise<number | undefined> {
  const there = new Set<string>();
  for (const prefix of [PACKS_PREFIX, FILES_PREFIX]) {
    for await (const { path } of store.list(prefix)) if (!damaged.has(path)) there.add(path);
  }
  for (let at = sequence - 1; at >= 0 && at >= sequence - MOST_STATES; at--) {
    try {
      const read = await readEntry(store, at);
      if (read === undefined) return undefined;
      const index = indexOf(await entriesOf(store, read));
      if ([...index?.files.values() ?? []].every(({ place }) => there.has(place))) return read.entry.to.txnSeq;
    } catch (error) {
      if (!(error instanceof RemoteError) || (error.code !== 'corrupt-object' && error.code !== 'missing-object')) throw error;
    }
  }
  return undefined;
}
