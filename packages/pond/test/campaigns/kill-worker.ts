import { readFileSync, writeSync } from 'node:fs';
import { argv } from 'node:process';
import { seededRandom } from '@duckpond/oplog/testing/faults';
import { createPond, openPond, PondError, realEnvironment } from '../../src/index.ts';
import { fakeRunMaker } from '../fake-rows.ts';
import { applyOperations, type Model, perform, randomTransaction } from './kill-model.ts';

/** A process that commits until it is killed: `begin` before each commit and `done` after it reach the pipe before it goes on. */
const [, , directory = '', modelFile = '', seed = '0', hours = '0'] = argv;
const random = seededRandom(Number(seed));
const real = realEnvironment();
// A clock that is ahead, so that graces are over and files are removed while this runs.
const environment = { ...real, nowMicros: () => real.nowMicros() + BigInt(hours) * 3_600_000_000n };

function say(message: { readonly [key: string]: unknown }): void {
  writeSync(1, `${JSON.stringify(message)}\n`);
}

say({ ready: true });
const runMaker = fakeRunMaker();
const pond = await openPond(directory, { environment, runMaker }).catch((error: unknown) => {
  if (error instanceof PondError && error.code === 'no-pond') return createPond(directory, { environment }).then(() => openPond(directory, { environment, runMaker }));
  throw error;
});
say({ opened: true });
let model: Model = new Map(JSON.parse(readFileSync(modelFile, 'utf8')));
for (;;) {
  const operations = randomTransaction(model, random);
  if (operations.length === 0) continue;
  say({ begin: operations });
  const { transaction } = await pond.write((fs) => perform(fs, operations), { command: ['kill-worker'] });
  say({ done: transaction?.txnSeq ?? 0 });
  model = applyOperations(model, operations);
  if (random() < 0.02) {
    // Compaction of series is a transaction of its own.
    say({ begin: [] });
    await pond.maintain({ compact: true, vacuum: random() < 0.5 });
    say({ done: (await pond.transaction()).txnSeq });
  }
}
