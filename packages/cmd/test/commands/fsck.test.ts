import type { Fault, FsckReport } from '@duckpond/pond';
import { expect, test, vi } from 'vitest';
import { run } from '../fake-effects.ts';

const reports: FsckReport[] = [];

vi.mock('@duckpond/pond', () => ({
  openPond: async () => ({ fsck: async () => reports.shift(), close: async () => undefined }),
}));

const ROOT = 'ab'.repeat(32);
const LOST: Fault = { severity: 'lost', file: 'store/_blobs/x', path: '/big\n', version: 3, message: 'It is missing', repaired: false };
const DERIVED: Fault = { severity: 'derived', file: 'store/_state/y', message: 'It is stale', repaired: false, repairable: true };

async function fsck(report: Partial<FsckReport>, ...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  reports.push({ faults: [], contentRoot: ROOT, transactions: 2, nodes: 3, versions: 4, blobs: 5, checkedBytes: 2048, notes: ['Two files wait for vacuum'], ...report });
  return run(['--pond', '/x', 'fsck', ...args]);
}

test('fsck names each fault with file, path and version on stderr and exits 12', async () => {
  expect(await fsck({ faults: [LOST], contentRoot: undefined })).toEqual({
    code: 12, stdout: '',
    stderr: 'Two files wait for vacuum\nlost: store/_blobs/x (/big\\n version 3): It is missing\n'
      + 'hint: put the named files back from a copy of the pond; what is not named can still be read, so copy that out first\n',
  });
});

test('fsck says how to rebuild when only derived files are wrong, and is content once they are', async () => {
  expect(await fsck({ faults: [DERIVED] })).toEqual({
    code: 12, stdout: `${ROOT}\n`, stderr: 'Two files wait for vacuum\nderived, can be mended: store/_state/y: It is stale\nhint: pond fsck --repair mends it\n',
  });
  expect(await fsck({ faults: [{ ...DERIVED, repaired: true }] }, '--repair')).toEqual({
    code: 0, stdout: `${ROOT}\n`, stderr: 'Two files wait for vacuum\nrepaired: store/_state/y: It is stale\n',
  });
});

test('fsck --json is one object', async () => {
  const { stdout } = await fsck({ faults: [LOST], contentRoot: undefined }, '--json');
  expect(JSON.parse(stdout)).toEqual({
    contentRoot: null, transactions: 2, nodes: 3, versions: 4, blobs: 5, checkedBytes: 2048,
    notes: ['Two files wait for vacuum'],
    faults: [{ severity: 'lost', file: 'store/_blobs/x', path: '/big\n', version: 3, message: 'It is missing', repaired: false }],
  });
});
