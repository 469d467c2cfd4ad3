import { describe, expect, it } from 'vitest';
import type { RunFact } from '@duckpond/oplog';
import { liveRuns, spansOf } from '@duckpond/oplog';
import { planAll, planTail, type PlannedVersion, planTier } from '../src/run-plan.ts';

const MIB = 1024 * 1024;

function tail(...sizes: readonly number[]): PlannedVersion[] {
  return sizes.map((sizeBytes, i) => ({ version: i + 1, sizeBytes, isTabular: true }));
}

function run(versionMin: number, version: number, sizeBytes: number = 1000, txnSeq: number = version): RunFact {
  return {
    versionMin, version, sizeBytes, txnSeq, sha256: new Uint8Array(32).fill(txnSeq), rowCount: 1, timeMinMicros: null, timeMaxMicros: null,
    versionTxnSeq: version, timestampMicros: 0n,
  };
}

describe('planTail()', () => {
  it('makes nothing of fewer than 32 versions, and one run of 32 small ones', () => {
    expect(planTail(tail(...Array<number>(31).fill(1)))).toEqual([]);
    expect(planTail(tail(...Array<number>(33).fill(1)))).toEqual([{ from: 1, to: 33, isMerged: true }]);
  });

  it('lets large versions stand for themselves, and takes no more than 32 MiB at once', () => {
    expect(planTail(tail(...Array<number>(40).fill(9 * MIB)))).toEqual([{ from: 1, to: 40, isMerged: false }]);
    expect(planTail(tail(...Array<number>(40).fill(8 * MIB)))).toEqual([{ from: 1, to: 4, isMerged: true }]);
    expect(planTail(tail(1, 1, 9 * MIB, ...Array<number>(40).fill(1)))).toEqual([{ from: 1, to: 2, isMerged: true }]);
    expect(planTail(tail(1, 9 * MIB, 9 * MIB, ...Array<number>(40).fill(1)))).toEqual([
      { from: 1, to: 1, isMerged: false }, { from: 2, to: 3, isMerged: false }, { from: 4, to: 43, isMerged: true },
    ]);
  });

  it('never merges versions whose rows are not known', () => {
    const bytes = tail(...Array<number>(40).fill(1)).map((version) => ({ ...version, isTabular: false }));
    expect(planTail(bytes)).toEqual([{ from: 1, to: 40, isMerged: false }]);
  });
});

describe('planTier()', () => {
  const tier = (count: number, sizeBytes: number = 1000): RunFact[] => Array.from({ length: count }, (_, i) => run(i * 32 + 1, i * 32 + 32, sizeBytes));

  it('puts 8 runs of a tier together, not 7, and not those of another tier', () => {
    expect(planTier(tier(7))).toBeUndefined();
    expect(planTier(tier(8))).toHaveLength(8);
    const older = run(1, 256);
    expect(planTier([older, ...tier(7).map((one) => ({ ...one, versionMin: one.versionMin + 256, version: one.version + 256 }))])).toBeUndefined();
  });

  it('puts fewer together where more would be too large, and leaves full ones alone', () => {
    expect(planTier(tier(4, 10 * MIB))).toHaveLength(3);
    expect(planTier(tier(20, 16 * MIB))).toBeUndefined();
  });
});

it('planAll() takes what can be merged, in runs of up to 128 MiB, and no single unit', () => {
  const units = [40, 60, 50, 1, 1].map((size, i) => ({ from: i + 1, to: i + 1, sizeBytes: size * MIB, isMergeable: i !== 3 }));
  expect(planAll(units)).toEqual([{ from: 1, to: 2, isMerged: true }]);
});

describe('liveRuns() and spansOf()', () => {
  it('read every version once, from the run that goes furthest, whatever was superseded or overlaps', () => {
    const all = [run(1, 32), run(33, 64), run(1, 64, 1, 90), run(50, 80), run(60, 70), run(100, 110)];
    const live = liveRuns(all);
    expect(live.map(({ versionMin, version }) => [versionMin, version])).toEqual([[1, 64], [50, 80], [100, 110]]);
    expect(liveRuns(live)).toEqual(live);
    const spans = spansOf(live, 105);
    expect(spans.map(({ run: from, ...span }) => [span.from, span.to, from !== undefined])).toEqual([
      [1, 64, true], [65, 80, true], [81, 99, false], [100, 105, true],
    ]);
  });

  it('prefer a run with a blob to one without', () => {
    const standing = { ...run(1, 100), sha256: null };
    expect(spansOf(liveRuns([standing, run(10, 20)]), 30).map(({ run: from, ...span }) => [span.from, span.to, from !== undefined])).toEqual([
      [1, 9, false], [10, 20, true], [21, 30, false],
    ]);
  });
});
