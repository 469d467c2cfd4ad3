import { describe, expect, test } from 'vitest';
import { checkpointPartPath, checksumPath, classicCheckpointPath, commitPath, parseLogPath } from '../src/log-path.ts';

const V = '_delta_log/00000000000000000012';

describe('parseLogPath()', () => {
  test.each([
    [commitPath(12), { kind: 'commit', version: 12 }],
    [checksumPath(12), { kind: 'checksum', version: 12 }],
    [classicCheckpointPath(12), { kind: 'classic-checkpoint', version: 12 }],
    [checkpointPartPath(12, 2, 3), { kind: 'checkpoint-part', version: 12, part: 2, parts: 3 }],
    [`${V}.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json`, { kind: 'v2-checkpoint', version: 12, format: 'json' }],
    [`${V}.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.parquet`, { kind: 'v2-checkpoint', version: 12, format: 'parquet' }],
    ['_delta_log/00000000000000000004.00000000000000000006.compacted.json', { kind: 'compacted-log', version: 6, fromVersion: 4 }],
  ])('knows %s', (path, file) => {
    expect(parseLogPath(path)).toEqual({ ...file, path });
  });

  test.each([
    `${V}.json.tmp`, `${V}.json.a1b2.tmp`, `_delta_log/.00000000000000000012.json.crc`, `_delta_log/12.json`, `${V}.tmp`, `${V}.checkpoint`,
    `_delta_log/_staged_commits/00000000000000000012.json`, `x${V}.json`, `${V}.checkpoint.0000000000.0000000003.parquet`,
    `${V}.checkpoint.0000000004.0000000003.parquet`, '_delta_log/99999999999999999999.json', `${V}.json\n`, `${V}.1234.json`,
    '_delta_log/00000000000000000006.00000000000000000004.compacted.json', '_delta_log/_last_checkpoint',
  ])('knows that %j is nothing of the log', (path) => {
    expect(parseLogPath(path)).toBeUndefined();
  });
});
