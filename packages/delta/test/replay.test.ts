import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Action } from '../src/action.ts';
import { encodeCommit } from '../src/commit-file.ts';
import { createLineReplay } from '../src/line-replay.ts';
import { createReplay, EMPTY_STATE, type TableState } from '../src/replay.ts';
import { addFile, commitInfo } from './tables.ts';

const path = fc.constantFrom('a', 'b', 'c d', 'e"f', 'g%h', 'i/j');
const vector = fc.option(fc.integer({ min: 0, max: 2 }).map((id) => ({
  storageType: 'u', pathOrInlineDv: `vector${id}`, offset: 1, sizeInBytes: 40, cardinality: 1,
} as const)), { nil: undefined });

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ path, size: fc.nat(), vector }).map(({ path: name, size, vector: deletionVector }): Action => (
    { kind: 'add', add: addFile(name, { size, ...(deletionVector === undefined ? {} : { deletionVector }) }) }
  )),
  fc.record({ path, time: fc.nat(), vector }).map(({ path: name, time, vector: deletionVector }): Action => ({
    kind: 'remove',
    remove: {
      path: name, deletionTimestamp: time, dataChange: true, stats: '{}', ...(deletionVector === undefined ? {} : { deletionVector }),
    },
  })),
  fc.record({ appId: path, version: fc.nat() }).map((txn): Action => ({ kind: 'txn', txn })),
  fc.record({ domain: path, configuration: fc.string(), removed: fc.boolean() })
    .map((domainMetadata): Action => ({ kind: 'domainMetadata', domainMetadata })),
  fc.integer({ min: 1, max: 3 })
    .map((minReaderVersion): Action => ({ kind: 'protocol', protocol: { minReaderVersion, minWriterVersion: 2 } })),
  fc.nat().map(commitInfo),
);

function replayed(actions: readonly Action[], base: TableState = EMPTY_STATE): TableState {
  const replay = createReplay(base);
  for (const one of actions) replay.apply(one);
  return replay.finish();
}

describe('createReplay()', () => {
  test('of a prefix, continued with the rest, is the replay of all, and leaves the first state alone', () => {
    fc.assert(fc.property(fc.array(action, { maxLength: 40 }), fc.nat(40), (actions, cut) => {
      const first = replayed(actions.slice(0, cut));
      const copy = structuredClone(first);
      expect(replayed(actions.slice(cut), first)).toEqual(replayed(actions));
      expect(first).toEqual(copy);
    }), { numRuns: 500 });
  });

  test('never has a file both in the table and among the tombstones', () => {
    fc.assert(fc.property(fc.array(action), (actions) => {
      const { files, tombstones } = replayed(actions);
      expect([...files.keys()].filter((key) => tombstones.has(key))).toEqual([]);
    }));
  });

  test('keeps files with the same path and other deletion vectors apart', () => {
    const deletionVector = { storageType: 'i', pathOrInlineDv: 'x', sizeInBytes: 1, cardinality: 1 } as const;
    const state = replayed([
      { kind: 'add', add: addFile('a') },
      { kind: 'add', add: addFile('a', { deletionVector }) },
      { kind: 'remove', remove: { path: 'a', dataChange: true } },
    ]);
    expect([...state.files.values()]).toEqual([addFile('a', { deletionVector, dataChange: false })]);
    expect([...state.tombstones.keys()]).toEqual(['a']);
  });
});

describe('createLineReplay()', () => {
  test('gives the state that replaying every action gives', () => {
    fc.assert(fc.property(fc.array(fc.array(action, { minLength: 1, maxLength: 6 }), { maxLength: 10 }), (commits) => {
      const replay = createReplay();
      const lines = createLineReplay(replay);
      commits.forEach((actions, index) => lines.apply(`${index}.json`, encodeCommit(actions)));
      lines.finish();
      expect(replay.finish()).toEqual(replayed(commits.flat()));
    }), { numRuns: 500 });
  });

  test('names file and line of what it cannot read', () => {
    const lines = createLineReplay(createReplay());
    lines.apply('5.json', Buffer.from('{"commitInfo":{}}\n{"add":{"path":"a","size":true}}\n'));
    const data = { file: '5.json', line: 2, field: 'add.size' };
    expect(() => lines.finish()).toThrow(expect.objectContaining({ code: 'corrupt-log', data }));
  });
});
