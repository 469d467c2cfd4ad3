import { isFields } from './fields.ts';
import { parseJson, stringifyJson } from './json.ts';
import { checkpointPartPath, classicCheckpointPath, LAST_CHECKPOINT_PATH, LOG_PREFIX, parseLogPath } from './log-path.ts';
import type { Checkpoint } from './log-segment.ts';
import type { ObjectStore } from './object-store.ts';

/** `_last_checkpoint` (PROTOCOL.md, "Last Checkpoint File Schema"): where a recent checkpoint is. A hint, never more. */

/**
 * The checkpoint that it names: absent, torn or wrong, the answer is `undefined` or a checkpoint that cannot be read, and the
 * log must be listed.
 */
export async function readLastCheckpoint(store: ObjectStore): Promise<Checkpoint | undefined> {
  const bytes = await store.get(LAST_CHECKPOINT_PATH);
  if (bytes === undefined) return undefined;
  let hint: unknown;
  try {
    hint = parseJson(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
  } catch {
    return undefined;
  }
  if (!isFields(hint)) return undefined;
  const { version, parts, v2Checkpoint } = hint;
  if (!isCount(version)) return undefined;
  if (isCount(parts) && parts > 0 && parts <= 10_000) {
    return { version, paths: Array.from({ length: parts }, (_, index) => checkpointPartPath(version, index + 1, parts)) };
  }
  if (!isFields(v2Checkpoint)) return { version, paths: [classicCheckpointPath(version)] };
  const path = `${LOG_PREFIX}${String(v2Checkpoint['path'])}`;
  const file = parseLogPath(path);
  const isOwn = file !== undefined && file.version === version && (file.kind === 'v2-checkpoint' || file.kind === 'classic-checkpoint');
  return isOwn ? { version, paths: [path] } : undefined;
}

export interface LastCheckpoint {
  readonly version: number;
  /** How many actions the checkpoint has. */
  readonly size: number;
  readonly sizeInBytes: number;
  readonly numOfAddFiles: number;
}

/** Points to a new checkpoint, unless a newer one is named already. */
export async function writeLastCheckpoint(store: ObjectStore, checkpoint: LastCheckpoint): Promise<void> {
  const present = await readLastCheckpoint(store);
  if (present !== undefined && present.version > checkpoint.version) return;
  const checksum = await lastCheckpointChecksum(checkpoint);
  await store.putHint(LAST_CHECKPOINT_PATH, new TextEncoder().encode(stringifyJson({ ...checkpoint, checksum })));
}

/**
 * Writes the hint durably: as it is when it names `checkpoint` or a newer one, else so that it names `checkpoint`. After that, what
 * was removed from the log before stays removed.
 *
 * @param size how many actions the checkpoint has
 */
export async function settleLastCheckpoint(store: ObjectStore, { version, paths }: Checkpoint, size: number): Promise<void> {
  const present = await readLastCheckpoint(store);
  const bytes = await store.get(LAST_CHECKPOINT_PATH);
  if (bytes !== undefined && present !== undefined && present.version >= version) return store.put(LAST_CHECKPOINT_PATH, bytes);
  const [path = ''] = paths;
  const isV2 = parseLogPath(path)?.kind === 'v2-checkpoint';
  const hint = {
    version, size,
    ...(paths.length > 1 ? { parts: paths.length } : {}),
    ...(isV2 ? { v2Checkpoint: { path: path.slice(LOG_PREFIX.length) } } : {}),
  };
  await store.put(LAST_CHECKPOINT_PATH, new TextEncoder().encode(stringifyJson({ ...hint, checksum: await lastCheckpointChecksum(hint) })));
}

/** MD5 of the canonical form, in hexadecimal (PROTOCOL.md, "JSON checksum"); a top-level `checksum` is left out. */
export async function lastCheckpointChecksum(value: object): Promise<string> {
  const { createHash } = await import('node:crypto');
  return createHash('md5').update(canonicalJson(value)).digest('hex');
}

export function canonicalJson(value: object): string {
  const pairs = Object.entries(value)
    .filter(([name]) => name !== 'checksum')
    .flatMap(([name, field]) => leaves(canonicalText(name), field));
  // Only ASCII is left, so that the order of code units is the order of bytes.
  return pairs.sort(([left], [right]) => left < right ? -1 : left > right ? 1 : 0).map(([path, leaf]) => `${path}=${leaf}`).join(',');
}

function leaves(path: string, value: unknown): [path: string, leaf: string][] {
  if (typeof value === 'string') return [[path, canonicalText(value)]];
  if (Array.isArray(value)) return value.flatMap((item, index) => leaves(`${path}+${index}`, item));
  if (isFields(value)) return Object.entries(value).flatMap(([name, field]) => leaves(`${path}+${canonicalText(name)}`, field));
  return value === undefined ? [] : [[path, stringifyJson(value)]];
}

function canonicalText(text: string): string {
  const escaped = encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  return `"${escaped}"`;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
