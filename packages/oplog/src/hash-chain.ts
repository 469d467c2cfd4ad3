import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type Action, type Commit, type CommitInfo, encodeCommit, type ObjectStore, readCommit, type Snapshot } from '@duckpond/delta';
import { OplogError } from './errors.ts';

/**
 * Every commit carries the SHA-256 of the commit before it and of its own other lines, and the CRC-32 of its other lines and of
 * its own first line up to that checksum, so that every changed byte and every exchanged commit file shows
 * (docs/formats/delta-log.md). Reading a pond checks the CRC-32, `fsck` both.
 */
export interface ChainLink {
  readonly previousSha256: string | null;
  readonly linesSha256: string;
  readonly linesCrc32: string;
  /** Of the bytes of the first line in front of `,"infoCrc32"`, which is the last member of the line. */
  readonly infoCrc32: string;
}

/** What a commit's own checksums say about it. */
export interface CommitSeal {
  /** False when the first line, `commitInfo`, is not as it was written. */
  readonly infoHolds: boolean;
  /** False when one of the other lines is not; unknown, and therefore false, when the first line does not carry their checksum. */
  readonly linesHold: boolean;
  readonly previousSha256: string | null | undefined;
  readonly linesSha256: string | undefined;
}

const SEAL = /^,"infoCrc32":"([0-9a-f]{8})"\}\}\}$/;
const SEAL_BYTES: number = ',"infoCrc32":""}}}'.length + 8;

/** The actions of a commit with its `commitInfo` in front, which carries the link in its `duckpond` member. */
export async function linkedActions(
  store: ObjectStore, snapshot: Snapshot | undefined, info: CommitInfo,
  member: { readonly [key: string]: unknown }, others: readonly Action[],
): Promise<Action[]> {
  const previousSha256 = snapshot === undefined ? null : await commitSha256(store, snapshot);
  return [{ kind: 'commitInfo', commitInfo: linkedInfo(previousSha256, info, member, others) }, ...others];
}

/** The `commitInfo` of a commit whose other lines are `others`. */
export function linkedInfo(
  previousSha256: string | null, info: CommitInfo, member: { readonly [key: string]: unknown }, others: readonly Action[],
): CommitInfo {
  const lines = encodeCommit(others);
  const unsealed = { ...info, duckpond: { ...member, previousSha256, linesSha256: sha256(lines), linesCrc32: checksum(lines) } };
  const line = encodeCommit([{ kind: 'commitInfo', commitInfo: unsealed }]);
  // Without the closing braces and the newline: what is in front of the checksum that is about to be added.
  const infoCrc32 = checksum(line.subarray(0, line.byteLength - '}}}\n'.length));
  return { ...unsealed, duckpond: { ...unsealed.duckpond, infoCrc32 } };
}

async function commitSha256(store: ObjectStore, snapshot: Snapshot): Promise<string | null> {
  const newest = snapshot.tail.at(-1) ?? await readCommit(store, snapshot.version);
  return newest === undefined ? null : sha256(newest.bytes);
}

/** What a commit says about its own bytes; undefined for a commit of another program, which has no seal. */
export function sealOf(commit: Commit): CommitSeal | undefined {
  const { bytes, commitInfo, actions } = commit;
  const member = commitInfo?.['duckpond'];
  const isLinked = typeof member === 'object' && member !== null && !Array.isArray(member);
  if (!isLinked) {
    return isOurs(commitInfo, actions)
      ? { infoHolds: false, linesHold: false, previousSha256: undefined, linesSha256: undefined } : undefined;
  }
  const { previousSha256, linesSha256, linesCrc32 } = member as { readonly [key: string]: unknown };
  const end = bytes.indexOf(0x0a);
  const sealed = bytes.subarray(0, Math.max(0, end - SEAL_BYTES));
  const seal = SEAL.exec(Buffer.from(bytes.subarray(sealed.byteLength, Math.max(0, end))).toString('latin1'));
  return {
    infoHolds: seal !== null && seal[1] === checksum(sealed),
    linesHold: end >= 0 && linesCrc32 === checksum(bytes.subarray(end + 1)),
    previousSha256: typeof previousSha256 === 'string' || previousSha256 === null ? previousSha256 : undefined,
    linesSha256: typeof linesSha256 === 'string' ? linesSha256 : undefined,
  };
}

/** Whether a commit without a seal was written by us all the same. */
function isOurs(info: CommitInfo | undefined, actions: readonly Action[]): boolean {
  return String(info?.['engineInfo']).startsWith('DuckPond/')
    || actions.some((action) => action.kind === 'txn' && action.txn.appId.startsWith('duckpond:'));
}

/** @throws OplogError `corrupt-record` unless the commit is as it was written */
export function assertSealed(commit: Commit, lines: 'all' | 'all but the first' = 'all'): void {
  const seal = sealOf(commit);
  if (seal === undefined || (seal.linesHold && (seal.infoHolds || lines !== 'all'))) return;
  const file = `_delta_log/${String(commit.version).padStart(20, '0')}.json`;
  const what = seal.linesHold ? 'its first line does not match its own checksum' : 'its lines do not match the checksum in its first line';
  throw new OplogError('corrupt-record', `Cannot read "${file}": ${what}, the commit as written was wanted`, { file });
}

function checksum(bytes: Uint8Array): string {
  return crc32(bytes).toString(16).padStart(8, '0');
}

export function sha256(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}
