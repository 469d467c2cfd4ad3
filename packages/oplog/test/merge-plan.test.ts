import type { AddFile } from '@duckpond/delta';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dataFileFacts } from '../src/data-file.ts';
import { planMerge } from '../src/merge.ts';

function file(index: number, tier: number, sizeBytes: number, rows: number): AddFile {
  const tags = { 'duckpond.tier': String(tier), 'duckpond.txns': `${index}-${index}`, 'duckpond.rows': String(rows) };
  return { path: `part-${index}`, partitionValues: {}, size: sizeBytes, modificationTime: 0, dataChange: true, tags };
}

const files = fc.array(fc.record({ tier: fc.nat(4), sizeBytes: fc.nat(20_000_000), rows: fc.nat(80_000) }), { maxLength: 80 })
  .map((some) => some.map(({ tier, sizeBytes, rows }, i) => file(i, tier, sizeBytes, rows)));

describe('planMerge()', () => {
  it('never reads more bytes or rows than its step may, whatever the files are', () => {
    fc.assert(fc.property(files, fc.boolean(), fc.boolean(), (some, foreground, anyCount) => {
      const plan = planMerge(some, { foreground, anyCount });
      if (plan === undefined) return;
      expect(plan.inputs.length).toBeGreaterThanOrEqual(2);
      const sum = (of: (add: AddFile) => number): number => plan.inputs.reduce((all, add) => all + of(add), 0);
      expect(sum(({ size }) => size)).toBeLessThanOrEqual((foreground ? 4 : 16) * 1024 * 1024);
      expect(sum((add) => dataFileFacts(add).rows)).toBeLessThanOrEqual(foreground ? 16_384 : 65_536);
    }));
  });

  it('comes to an end: merging what is planned leaves nothing that is due', () => {
    fc.assert(fc.property(files, fc.boolean(), (some, anyCount) => {
      const left = new Map(some.map((add) => [add.path, add]));
      for (let step = 0; ; step++) {
        expect(step).toBeLessThan(some.length + 1);
        const plan = planMerge(left.values(), { foreground: false, anyCount });
        if (plan === undefined) break;
        for (const { path } of plan.inputs) left.delete(path);
        const [sizeBytes, rows] = [plan.inputs.reduce((all, { size }) => all + size, 0), plan.inputs.reduce((all, add) => all + dataFileFacts(add).rows, 0)];
        const [first] = plan.inputs;
        if (first !== undefined) left.set(first.path, { ...file(dataFileFacts(first).txnMin, plan.tier + 1, sizeBytes, rows), path: first.path });
      }
    }));
  });
});
