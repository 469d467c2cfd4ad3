import { type Action, type CommitInfo, decodeAction, encodeAction } from './action.ts';
import { DeltaError } from './errors.ts';
import { corrupt, type Place } from './fields.ts';
import { parseJson } from './json.ts';
import { commitPath } from './log-path.ts';
import type { ObjectStore } from './object-store.ts';

/** A commit file: one action a line (PROTOCOL.md, "Delta Log Entries"). */
export interface Commit {
  readonly version: number;
  /** The file as it is in the log. */
  readonly bytes: Uint8Array;
  /** In the order of the file, without those that this package does not know. */
  readonly actions: readonly Action[];
  readonly commitInfo?: CommitInfo;
}

export function encodeCommit(actions: readonly Action[]): Uint8Array {
  return new TextEncoder().encode(actions.map((action) => `${encodeAction(action)}\n`).join(''));
}

/** @throws DeltaError `corrupt-log`, naming file, line and field */
export function decodeCommit(version: number, bytes: Uint8Array): Commit {
  const actions = [...decodeLines(commitPath(version), bytes)];
  const info = actions.find((action) => action.kind === 'commitInfo');
  return { version, bytes, actions, ...(info === undefined ? {} : { commitInfo: info.commitInfo }) };
}

/** @returns undefined when the version is not in the log */
export async function readCommit(store: ObjectStore, version: number): Promise<Commit | undefined> {
  const bytes = await store.get(commitPath(version));
  return bytes === undefined ? undefined : decodeCommit(version, bytes);
}

/** Actions of a file of lines: a commit, or a checkpoint in JSON. */
export function* decodeLines(file: string, bytes: Uint8Array, code: Place['code'] = 'corrupt-log'): Generator<Action> {
  for (const [index, text] of linesOf(file, bytes, code).entries()) {
    const action = decodeLine({ code, file, line: index + 1 }, text);
    if (action !== undefined) yield action;
  }
}

/** A file without a byte is what a power cut leaves of one that was never made durable: nobody writes an empty commit. */
export function linesOf(file: string, bytes: Uint8Array, code: Place['code'] = 'corrupt-log'): readonly string[] {
  if (bytes.length === 0) throw corrupt({ code, file, line: 0 }, 'it is empty, wanted at least one action');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString().split('\n');
}

export function decodeLine(place: Place, text: string): Action | undefined {
  if (text.trim() === '') return undefined;
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (cause) {
    throw corrupt(place, 'the line is no JSON, wanted one action', { cause });
  }
  return decodeAction(value, place);
}

/** A commit that must be there and is not. */
export function missingCommit(version: number, why: string): DeltaError {
  const file = commitPath(version);
  return new DeltaError('corrupt-log', `Cannot read "${file}": it is absent, wanted because ${why}`, { file, version, isAbsent: true });
}
