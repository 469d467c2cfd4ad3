import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { Oplog, openLocalStore } from '@duckpond/oplog';
import { nodeStoreSuite, type StoreUnderTest } from '@duckpond/tinyfs/testing';
import { createPond } from '../src/create-pond.ts';
import { realEnvironment } from '../src/environment.ts';
import { createNodeReader } from '../src/node-reader.ts';
import { createNodeWriter } from '../src/node-writer.ts';
import { scratchDirectories } from './scratch-directory.ts';

const scratch = scratchDirectories();

/** A pond as the suite of the port sees it; `between` is done to its store before each look at what was committed. */
async function makeStore(between: (store: string) => Promise<void>): Promise<StoreUnderTest> {
  const directory = join(scratch(), 'pond');
  await createPond(directory);
  const store = join(directory, 'store');
  const open = (): Promise<Oplog> => Oplog.open(openLocalStore(store), realEnvironment());
  return {
    async write(change) {
      const oplog = await open();
      const transaction = await oplog.begin();
      const value = await change(createNodeWriter(oplog, await oplog.view(), transaction));
      const outcome = await oplog.commit(transaction, ['test']);
      if (outcome.kind === 'conflict') throw new Error(`A single writer has a conflict: ${outcome.clash.what}`);
      return value;
    },
    async read(use) {
      await between(store);
      const oplog = await open();
      return use(createNodeReader(oplog, await oplog.view()));
    },
    close: async () => rmSync(directory, { recursive: true }),
  };
}

async function maintained(store: string): Promise<void> {
  const oplog = await Oplog.open(openLocalStore(store), realEnvironment());
  await oplog.maintain(store, { compact: true });
}

async function withoutState(store: string): Promise<void> {
  rmSync(join(store, '_state'), { recursive: true, force: true });
}

nodeStoreSuite({ name: 'pond, re-opened', describe, it, makeStore: () => makeStore(() => Promise.resolve()) });
nodeStoreSuite({ name: 'pond, after maintenance', describe, it, makeStore: () => makeStore(maintained) });
nodeStoreSuite({
  name: 'pond, after maintenance and without folded state', describe, it,
  makeStore: () => makeStore(async (store) => {
    await maintained(store);
    await withoutState(store);
  }),
});
nodeStoreSuite({ name: 'pond, without folded state', describe, it, makeStore: () => makeStore(withoutState) });
