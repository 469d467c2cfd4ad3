import { isDeepStrictEqual } from 'node:util';
import {
  type Checkpoint, type Commit, decodeChecksum, LAST_CHECKPOINT_PATH, lastCheckpointChecksum, parseJson, readCheckpoint, readLastCheckpoint,
  type TableState,
} from '@duckpond/delta';
import { attempt, type Inspection } from './inspection.ts';

/** What is wrong with a state that was derived from the log, in one word about each kind of its parts. */
function differenceOf(derived: TableState, state: TableState): string | undefined {
  const parts = ['protocol', 'metadata', 'files', 'transactions', 'domainMetadata'] as const;
  const wrong = parts.find((part) => !isDeepStrictEqual(derived[part], state[part]));
  if (wrong !== undefined) return wrong;
  for (const [key, tombstone] of derived.tombstones) if (!isDeepStrictEqual(tombstone, state.tombstones.get(key))) return 'removed files';
  return undefined;
}

/** A checkpoint must say what the commits up to it say; it may have forgotten old tombstones. */
export async function checkCheckpointAt(inspection: Inspection, checkpoint: Checkpoint, state: TableState): Promise<void> {
  const [file = ''] = checkpoint.paths;
  for (const path of checkpoint.paths) inspection.advance((await inspection.store.head(path))?.sizeBytes ?? 0);
  const found = await attempt(inspection, 'derived', file, () => readCheckpoint(inspection.store, checkpoint));
  const difference = found === undefined ? undefined : differenceOf(found, state);
  if (difference !== undefined) inspection.blame('derived', file, `its ${difference} are not what the commits say, the same was wanted`);
}

/**
 * A `.crc` must say what the commits up to it say.
 *
 * @param state undefined when the commits do not tell: then the file is believed
 * @returns what the file says, when it says all of it
 */
export async function checkChecksumAt(
  inspection: Inspection, file: string, version: number, state: TableState | undefined, commit: Commit | undefined,
): Promise<TableState | undefined> {
  const wrong = (what: string): undefined => {
    inspection.blame('derived', file, what);
    return undefined;
  };
  const bytes = await attempt(inspection, 'derived', file, () => inspection.store.get(file));
  if (bytes === undefined) return undefined;
  inspection.advance(bytes.byteLength);
  const found = decodeChecksum(version, bytes);
  if (found === undefined) {
    return isSummary(bytes, state) ? undefined : wrong('it does not decode or contradicts itself, the file as written was wanted');
  }
  if (state === undefined) return found;
  const difference = differenceOf(found, state);
  if (difference !== undefined) return wrong(`its ${difference} are not what the commits say, the same was wanted`);
  const txnId = fieldsOf(bytes)?.['txnId'];
  const committed = commit?.commitInfo?.txnId;
  const isOfCommit = txnId === undefined || committed === undefined || txnId === committed;
  return isOfCommit ? found : wrong('its txnId is not that of the commit, the same was wanted');
}

/** Whether a `.crc` only leaves out the list of files, as those of very large tables do. */
function isSummary(bytes: Uint8Array, state: TableState | undefined): boolean {
  const fields = fieldsOf(bytes);
  return fields !== undefined && fields['allFiles'] === undefined && fields['numMetadata'] === 1
    && (state === undefined || fields['numFiles'] === state.files.size) && Number(fields['numFiles']) > 1000;
}

/** The hint to a checkpoint must name one that is there; that it is not the newest is no fault. */
export async function checkLastCheckpoint(inspection: Inspection, checkpoints: ReadonlyMap<number, Checkpoint>): Promise<void> {
  const file = LAST_CHECKPOINT_PATH;
  const wrong = (what: string): void => inspection.blame('derived', file, what);
  const bytes = await attempt(inspection, 'derived', file, () => inspection.store.get(file));
  if (bytes === undefined) return;
  inspection.advance(bytes.byteLength);
  const fields = fieldsOf(bytes);
  const hint = await readLastCheckpoint(inspection.store);
  if (fields === undefined || hint === undefined) return wrong('it does not decode, the version of a checkpoint was wanted');
  const { checksum, sizeInBytes } = fields;
  const isIntact = checksum === undefined || checksum === await lastCheckpointChecksum(fields);
  if (!isIntact) return wrong('it does not match its checksum, the file as written was wanted');
  const isThere = isDeepStrictEqual(checkpoints.get(hint.version)?.paths, hint.paths);
  if (!isThere) return wrong(`it names the checkpoint of version ${hint.version}, which is not there`);
  const [path = ''] = hint.paths;
  const sizeBytes = (await inspection.store.head(path))?.sizeBytes;
  const isSized = hint.paths.length !== 1 || sizeInBytes === undefined || sizeInBytes === sizeBytes;
  if (!isSized) wrong(`it says that the checkpoint has ${String(sizeInBytes)} bytes, it has ${sizeBytes}`);
}

function fieldsOf(bytes: Uint8Array): { readonly [key: string]: unknown } | undefined {
  try {
    const value = parseJson(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as { readonly [key: string]: unknown } : undefined;
  } catch {
    return undefined;
  }
}
