/**
 * Names in `_delta_log` (PROTOCOL.md, "File Types"). What these patterns do not match is no part of the log: a temporary file
 * never becomes a commit.
 */

export const LOG_PREFIX = '_delta_log/';
export const LAST_CHECKPOINT_PATH = '_delta_log/_last_checkpoint';
export const SIDECAR_PREFIX = '_delta_log/_sidecars/';

export type LogFile =
  | { readonly kind: 'commit'; readonly version: number; readonly path: string }
  | { readonly kind: 'checksum'; readonly version: number; readonly path: string }
  | { readonly kind: 'classic-checkpoint'; readonly version: number; readonly path: string }
  | { readonly kind: 'checkpoint-part'; readonly version: number; readonly path: string; readonly part: number; readonly parts: number }
  | { readonly kind: 'v2-checkpoint'; readonly version: number; readonly path: string; readonly format: 'json' | 'parquet' }
  | { readonly kind: 'compacted-log'; readonly version: number; readonly path: string; readonly fromVersion: number };

const UUID = '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}';
const NAME = new RegExp(
  `^_delta_log/(\\d{20})\\.(?:(json)|(crc)|(checkpoint\\.parquet)|checkpoint\\.(\\d{10})\\.(\\d{10})\\.parquet`
  + `|checkpoint\\.${UUID}\\.(json|parquet)|(\\d{20})\\.compacted\\.json)$`,
);

export function commitPath(version: number): string {
  return `${LOG_PREFIX}${digits(version, 20)}.json`;
}

export function checksumPath(version: number): string {
  return `${LOG_PREFIX}${digits(version, 20)}.crc`;
}

export function classicCheckpointPath(version: number): string {
  return `${LOG_PREFIX}${digits(version, 20)}.checkpoint.parquet`;
}

export function checkpointPartPath(version: number, part: number, parts: number): string {
  return `${LOG_PREFIX}${digits(version, 20)}.checkpoint.${digits(part, 10)}.${digits(parts, 10)}.parquet`;
}

/** What a path of the table is in the log; `version` is the newest version that the file covers. */
export function parseLogPath(path: string): LogFile | undefined {
  const match = NAME.exec(path);
  if (match === null) return undefined;
  const version = Number(match[1]);
  if (!Number.isSafeInteger(version)) return undefined;
  if (match[2] !== undefined) return { kind: 'commit', version, path };
  if (match[3] !== undefined) return { kind: 'checksum', version, path };
  if (match[4] !== undefined) return { kind: 'classic-checkpoint', version, path };
  if (match[5] !== undefined) {
    const part = Number(match[5]);
    const parts = Number(match[6]);
    return part >= 1 && part <= parts ? { kind: 'checkpoint-part', version, path, part, parts } : undefined;
  }
  if (match[7] !== undefined) return { kind: 'v2-checkpoint', version, path, format: match[7] === 'json' ? 'json' : 'parquet' };
  const to = Number(match[8]);
  return Number.isSafeInteger(to) && to > version ? { kind: 'compacted-log', version: to, path, fromVersion: version } : undefined;
}

function digits(value: number, count: number): string {
  return String(value).padStart(count, '0');
}
