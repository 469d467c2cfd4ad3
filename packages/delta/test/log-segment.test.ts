import { describe, expect, test } from 'vitest';
import { checkpointPartPath, classicCheckpointPath, commitPath, type LogFile, parseLogPath } from '../src/log-path.ts';
import { availableVersions, completeCheckpoints, planSegments } from '../src/log-segment.ts';
import { failure } from './tables.ts';

function log(commits: readonly number[], checkpoints: readonly string[] = []): LogFile[] {
  return [...commits.map(commitPath), ...checkpoints].flatMap((path) => parseLogPath(path) ?? []);
}

describe('planSegments()', () => {
  test('prefers the newest checkpoint at or below the version and keeps the others for the case that it is damaged', () => {
    const files = log([0, 1, 2, 3, 4, 5], [classicCheckpointPath(2), classicCheckpointPath(4)]);
    expect(planSegments(files).map((segment) => segment.checkpoint?.version)).toEqual([4, 2, undefined]);
    expect(planSegments(files, 3).map((segment) => segment.checkpoint?.version)).toEqual([2, undefined]);
    expect(planSegments(files, 0)).toEqual([{ version: 0 }]);
  });

  test('leaves out a checkpoint with missing parts', () => {
    const files = log([0, 1, 2], [checkpointPartPath(1, 1, 2), checkpointPartPath(2, 1, 2), checkpointPartPath(2, 2, 2)]);
    expect(completeCheckpoints(files)).toEqual([{ version: 2, paths: [checkpointPartPath(2, 1, 2), checkpointPartPath(2, 2, 2)] }]);
  });

  test('opens a log whose old commits are cleaned away', () => {
    const files = log([3, 4, 5], [classicCheckpointPath(3)]);
    expect(availableVersions(files)).toEqual({ oldest: 3, newest: 5 });
    expect(planSegments(files, 4)).toEqual([{ version: 4, checkpoint: { version: 3, paths: [classicCheckpointPath(3)] } }]);
    expect(() => planSegments(files, 2)).toThrow(failure('not-found', '3 to 5'));
  });

  test('names the commit that is missing', () => {
    expect(() => planSegments(log([0, 1, 3])))
      .toThrow(expect.objectContaining({ code: 'corrupt-log', data: { file: commitPath(2), version: 3 } }));
    expect(() => planSegments(log([1, 2]))).toThrow(expect.objectContaining({ code: 'corrupt-log' }));
    expect(planSegments(log([0, 1, 3]), 1)).toEqual([{ version: 1 }]);
  });

  test('says when there is no table', () => {
    expect(() => planSegments([])).toThrow(expect.objectContaining({ code: 'not-a-table' }));
  });
});
