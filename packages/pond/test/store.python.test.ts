import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { env } from 'node:process';
import { describe, expect, it } from 'vitest';
import { createPond, openPond } from '../src/index.ts';
import { scratchDirectories } from './scratch-directory.ts';

// The store of a pond is a Delta table: delta-rs, which shares no code with us, opens it and sees every record.
const scratch = scratchDirectories();
const PYTHON = env['DUCKPOND_PYTHON'] ?? 'python3';

const READ = `
import json, sys, os, deltalake
t = deltalake.DeltaTable(sys.argv[1])
rows = t.to_pyarrow_table()
print(json.dumps({
  "version": t.version(), "files": len(t.file_uris()), "columns": rows.column_names, "rows": rows.num_rows,
  "txnMax": max(rows.column("txn_seq").to_pylist()), "kinds": sorted(set(rows.column("kind").to_pylist())),
  "timestamp": str(rows.schema.field("timestamp").type), "reader": t.protocol().min_reader_version, "writer": t.protocol().min_writer_version,
  "operations": sorted(set(h.get("operation") for h in t.history())),
}))
sys.stdout.flush()
os._exit(0)
`;

const hasDeltalake = ((): boolean => {
  try {
    execFileSync(PYTHON, ['-c', 'import deltalake, pyarrow'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

interface Seen {
  readonly version: number;
  readonly files: number;
  readonly columns: readonly string[];
  readonly rows: number;
  readonly txnMax: number;
  readonly kinds: readonly string[];
  readonly timestamp: string;
  readonly reader: number;
  readonly writer: number;
  readonly operations: readonly string[];
}

describe.skipIf(!hasDeltalake)('the store of a pond, read by deltalake', () => {
  it('is a Delta table with every record, before and after merging and with a checkpoint', async () => {
    const directory = join(scratch(), 'pond');
    const pond = await createPond(directory);
    for (let i = 0; i < 40; i++) {
      await pond.write(async (fs) => { await (await fs.root()).write(`/d${i % 3}/f${i}`, [Buffer.from(String(i))], { parents: true }); });
    }
    const young = see(directory);
    expect(young).toMatchObject({ txnMax: 41, kinds: ['directory', 'node', 'transaction'], timestamp: 'timestamp[us, tz=UTC]', reader: 1, writer: 2 });
    expect(young.columns.slice(0, 6)).toEqual(['part_id', 'node_id', 'txn_seq', 'version', 'timestamp', 'content']);
    expect(young.operations).toEqual(['CREATE TABLE', 'OPTIMIZE', 'WRITE']);
    await pond.maintain({ compact: true });
    const merged = see(directory);
    expect(merged.files).toBeLessThan(young.files);
    expect(merged.txnMax).toBe(41);
    const status = await (await openPond(directory)).status();
    expect(merged.version).toBe(status.deltaVersion);
  });
});

function see(directory: string): Seen {
  return JSON.parse(execFileSync(PYTHON, ['-c', READ, join(directory, 'store')], { encoding: 'utf8' })) as Seen;
}
