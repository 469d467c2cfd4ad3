/**
 * A process that commits to a table: `node racing-committer.mjs <directory> <writer> <commits>`; it waits for the file `start`.
 * Prints the versions that it won.
 */
import { existsSync } from 'node:fs';
import { argv, stdout } from 'node:process';
import { commit } from '../../src/commit.ts';
import { openLocalStore } from '../../src/local-store.ts';
import { openSnapshot, refreshSnapshot } from '../../src/snapshot.ts';

const [directory = '', writer = '0', commits = '0'] = argv.slice(2);
const store = openLocalStore(directory);
const versions: number[] = [];
let snapshot = await openSnapshot(store);

stdout.write('ready\n');
while (!existsSync(`${directory}/start`)) await new Promise((resolve) => { setTimeout(resolve, 1); });

for (let index = 0; index < Number(commits);) {
  const path = `part-${writer}-${index}.parquet`;
  const result = await commit(store, snapshot, [
    { kind: 'commitInfo', commitInfo: { txnId: `${writer}-${index}` } },
    { kind: 'txn', txn: { appId: writer, version: index } },
    { kind: 'add', add: { path, partitionValues: {}, size: 1, modificationTime: 1, dataChange: true } },
  ]);
  if (result.kind === 'committed') {
    versions.push(result.snapshot.version);
    snapshot = result.snapshot;
    index += 1;
  } else {
    snapshot = await refreshSnapshot(store, snapshot);
  }
}
stdout.write(`${JSON.stringify(versions)}\n`);
