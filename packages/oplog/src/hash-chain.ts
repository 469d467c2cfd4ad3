import { createHash } from 'node:crypto';
import { type Action, type Commit, type CommitInfo, encodeCommit, type ObjectStore, readCommit, type Snapshot } from '@duckpond/delta';

/**
 * Every commit carries the SHA-256 of the commit before it and of its own other lines, so that a changed or exchanged
 * commit file shows (docs/formats/delta-log.md). The newest commit is covered by the next one only.
 */
export interface ChainLink {
  readonly previousSha256: string | null;
  readonly linesSha256: string;
}

/** The actions of a commit with its `commitInfo` in front, which carries the link in its `duckpond` member. */
export async function linkedActions(
  store: ObjectStore, snapshot: Snapshot | undefined, info: CommitInfo, member: { readonly [key: string]: unknown }, others: readonly Action[],
): Promise<Action[]> {
  const link: ChainLink = {
    previousSha256: snapshot === undefined ? null : await commitSha256(store, snapshot),
    linesSha256: sha256(encodeCommit(others)),
  };
  return [{ kind: 'commitInfo', commitInfo: { ...info, duckpond: { ...member, ...link } } }, ...others];
}

async function commitSha256(store: ObjectStore, snapshot: Snapshot): Promise<string | null> {
  const newest = snapshot.tail.at(-1) ?? await readCommit(store, snapshot.version);
  return newest === undefined ? null : sha256(newest.bytes);
}

/** What is wrong with the link of a commit; undefined when nothing is, or when it has none (another program's commit). */
export function brokenLink(commit: Commit, previous: Commit | undefined): string | undefined {
  const member = commit.commitInfo?.['duckpond'];
  if (typeof member !== 'object' || member === null) return undefined;
  const { previousSha256, linesSha256 } = member as { [key: string]: unknown };
  const firstLine = commit.bytes.indexOf(0x0a) + 1;
  if (linesSha256 !== sha256(commit.bytes.subarray(firstLine))) return 'its lines do not match the hash that it carries of them';
  if (previous !== undefined && previousSha256 !== sha256(previous.bytes)) return 'the commit before it does not match the hash that it carries of it';
  return undefined;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
