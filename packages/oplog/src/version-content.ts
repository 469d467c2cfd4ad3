import { createHash } from 'node:crypto';
import type { ObjectStore } from '@duckpond/delta';
import { readBlob } from './blob.ts';
import { OplogError } from './errors.ts';
import type { Row } from './row.ts';

/**
 * The bytes of the version that a row holds.
 *
 * @throws OplogError `corrupt-record`, `corrupt-blob`, `not-found` when they were purged,
 * `merged-version` when only its rows are left, in a run
 */
export async function* readVersion(
  store: ObjectStore, row: Row, range?: { readonly start: number; readonly end: number },
): AsyncGenerator<Uint8Array> {
  const { inline, blob, sha256, sizeBytes, purged } = row.entry;
  const which = `version ${row.version} of the node ${row.nodeId}`;
  if (purged === true) {
    throw new OplogError(
      'not-found', `Cannot read the bytes of ${which}: they were purged, a version that has its bytes was wanted`,
      { nodeId: row.nodeId, version: row.version },
    );
  }
  if (blob === true && sha256 != null && sizeBytes != null) yield* readBlob(store, sha256, sizeBytes, range);
  else if (inline != null) {
    if (sha256 != null && !createHash('sha256').update(inline).digest().equals(sha256)) {
      throw new OplogError(
        'corrupt-record', `Cannot read ${which}: its bytes do not match its SHA-256, the bytes as written were wanted`,
      );
    }
    const wanted = range === undefined ? inline : inline.subarray(range.start, range.end);
    if (wanted.byteLength > 0) yield wanted;
  } else if (row.entry.rowCount != null && (sizeBytes ?? 0) > 0) {
    throw new OplogError(
      'merged-version', `Cannot read the bytes of ${which}: its rows are merged with those of others, a reader of rows was wanted`,
      { nodeId: row.nodeId, version: row.version },
    );
  }
}
