import { describe, expect, test } from 'vitest';
import { type Action, decodeAction, encodeAction, fileKey, removeOf } from '../src/action.ts';
import { parseJson } from '../src/json.ts';
import { addFile } from './tables.ts';

const PLACE = { code: 'corrupt-log', file: 'f.json', line: 7 } as const;
const VECTOR = { storageType: 'u', pathOrInlineDv: 'ab^-aqEH.-t@S}K{vb[*k^', offset: 4, sizeInBytes: 40, cardinality: 6 } as const;

const ACTIONS: readonly Action[] = [
  { kind: 'protocol', protocol: { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ['x'], writerFeatures: ['x', 'y'] } },
  { kind: 'metaData', metaData: {
    id: 'i', name: 'n', description: 'd', format: { provider: 'parquet', options: {} }, schemaString: '{"type":"struct","fields":[]}',
    partitionColumns: ['p'], createdTime: 5, configuration: { a: 'b' },
  } },
  { kind: 'add', add: addFile('a b/c%.parquet', {
    partitionValues: { p: null, q: '' }, tags: { t: 'x' }, deletionVector: VECTOR, baseRowId: 3, defaultRowCommitVersion: 4,
    clusteringProvider: 'c',
  }) },
  { kind: 'remove', remove: { path: 'a', dataChange: false, deletionTimestamp: 3, stats: '{}', extendedFileMetadata: false } },
  { kind: 'txn', txn: { appId: 'a', version: 9223372036854775807n, lastUpdated: 3 } },
  { kind: 'commitInfo', commitInfo: { timestamp: 3, operation: 'WRITE', txnId: 'x', anything: [1, { deep: null }] } },
  { kind: 'domainMetadata', domainMetadata: { domain: 'd', configuration: '{}', removed: true } },
  { kind: 'cdc', cdc: { path: '_change_data/x', partitionValues: {}, size: 1, dataChange: false } },
  { kind: 'sidecar', sidecar: { path: 'x.parquet', sizeInBytes: 3, modificationTime: 4 } },
  { kind: 'checkpointMetadata', checkpointMetadata: { version: 3, tags: { a: 'b' } } },
];

describe('decodeAction()', () => {
  test.each(ACTIONS.map((action) => [action.kind, action] as const))('reads the %s that encodeAction() writes', (_, action) => {
    expect(decodeAction(parseJson(encodeAction(action)), PLACE)).toEqual(action);
  });

  test('takes null for absent and ignores what it does not know', () => {
    const add = { path: 'x', partitionValues: {}, size: 1, modificationTime: 1, dataChange: true };
    const withNulls = { txn: null, add: { ...add, stats: null, tags: null, deletionVector: null, more: {} } };
    expect(decodeAction(withNulls, PLACE)).toEqual({ kind: 'add', add });
    expect(decodeAction({ future: { a: 1 } }, PLACE)).toBeUndefined();
  });

  test.each([
    [{ add: { path: 5 } }, 'Cannot read "f.json" line 7: field "add.path" is number, wanted a string'],
    [{ add: { path: 'a', size: 1.5, modificationTime: 1 } }, 'Cannot read "f.json" line 7: field "add.size" is number, wanted an integer'],
    [{ add: { path: 'a', size: 2n ** 60n } }, 'Cannot read "f.json" line 7: field "add.size" is bigint, wanted an integer below 2^53'],
    [{ remove: { path: 'a', dataChange: 'no' } }, 'Cannot read "f.json" line 7: field "remove.dataChange" is "no", wanted true or false'],
    [{ add: { path: 'a%z' } }, 'Cannot read "f.json" line 7: "a%z" is no URI-encoded path'],
    [{ add: { path: 'a/../../b' } }, 'Cannot read "f.json" line 7: the path "a/../../b" leaves the table'],
    [{ protocol: {} }, 'Cannot read "f.json" line 7: field "protocol.minReaderVersion" is absent, wanted an integer'],
    [{ metaData: { id: 'a', configuration: { a: 1 } } }, 'Cannot read "f.json" line 7: field "metaData.configuration" is object, '
      + 'wanted an object of strings'],
    [[], 'Cannot read "f.json" line 7: field "action" is object, wanted an object'],
  ])('names file, line and field: %o', (value, message) => {
    expect(() => decodeAction(value, PLACE)).toThrow(expect.objectContaining({ code: 'corrupt-log', message }));
  });
});

test('fileKey() is the path, or the path with its deletion vector', () => {
  expect(fileKey(addFile('a'))).toBe('a');
  expect(fileKey(addFile('a', { deletionVector: VECTOR }))).toBe(`a\u0000u${VECTOR.pathOrInlineDv}@4`);
});

test('removeOf() gives the extended form', () => {
  expect(removeOf(addFile('a', { partitionValues: { p: '1' } }), 5, false)).toEqual({
    path: 'a', deletionTimestamp: 5, dataChange: false, extendedFileMetadata: true, partitionValues: { p: '1' }, size: 100,
  });
});
