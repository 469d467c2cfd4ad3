import type { ObjectStore } from '@duckpond/delta';
import { dataFileFacts } from './data-file.ts';
import type { DataReader } from './data-reader.ts';
import type { Environment } from './environment.ts';
import type { Head } from './head.ts';
import { merge } from './merge.ts';
import type { Row } from './row.ts';

/** A node whose content is to go: of one that is there, all but the newest version; of one that was removed, all. */
export interface PurgeTarget {
  readonly partId: string;
  readonly nodeId: string;
}

export interface Purged {
  readonly head: Head;
  readonly purgedVersions: number;
  readonly purgedBytes: number;
}

/**
 * Writes the data files that hold old content of the targets again without it, one by one, each in a commit of its own: after a crash the
 * rest is still to be done. That the versions were there, when, of which size and hash, stays; so the content root of older states, too.
 * The files of before go after their grace, and so do blobs that nothing else names.
 */
export async function purge(
  store: ObjectStore, reader: DataReader, environment: Environment, head: Head, targets: readonly PurgeTarget[], dryRun: boolean,
): Promise<Purged> {
  const kept = new Map<string, number>();
  for (const { partId, nodeId } of targets) kept.set(`${partId} ${nodeId}`, (await head.view.node(partId, nodeId))?.version ?? Infinity);
  const isGoing = ({ partId, nodeId, recordKind, version }: Row): boolean => {
    const newest = kept.get(`${partId} ${nodeId}`);
    return newest !== undefined && version !== newest && (recordKind === 'node' || (recordKind === 'run' && newest === Infinity));
  };
  let current = head;
  let purgedVersions = 0;
  let purgedBytes = 0;
  for (const add of targets.length === 0 ? [] : head.snapshot.files.values()) {
    const { parts, tier } = dataFileFacts(add);
    if (parts !== undefined && !targets.some(({ partId }) => parts.has(partId))) continue;
    const going = (await reader.rows(add)).filter((row) => isGoing(row) && hasContent(row));
    if (going.length === 0) continue;
    if (!dryRun) {
      const change = (row: Row): Row | undefined => (isGoing(row) && hasContent(row) ? withoutContent(row) : row);
      const result = await merge(store, reader, environment, current, { tier: tier - 1, inputs: [add], isByHand: true, change });
      current = result.head;
      // Somebody else has just merged the file: the next purge finds what is in it.
      if (!result.merged) continue;
    }
    purgedVersions += going.filter(({ recordKind }) => recordKind === 'node').length;
    purgedBytes += going.reduce((sum, { entry }) => sum + (entry.sizeBytes ?? 0), 0);
  }
  return { head: current, purgedVersions, purgedBytes };
}

function hasContent({ entry, recordKind }: Row): boolean {
  return recordKind === 'run' || entry.inline != null || entry.blob === true;
}

/** A run is nothing but content. */
function withoutContent(row: Row): Row | undefined {
  return row.recordKind === 'run' ? undefined : { ...row, entry: { ...row.entry, inline: null, blob: null, purged: true } };
}
