import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type ObjectStore, openLocalStore, Oplog } from '@duckpond/oplog';
import { createPond } from '../src/create-pond.ts';
import { makePond, openPond } from '../src/open-pond.ts';
import { relationOf } from '../src/relation.ts';
import { contentOf, factsOf, fakeRunMaker, rowsOf } from './fake-rows.ts';
import { scratchDirectories } from './scratch-directory.ts';

const scratch = scratchDirectories();

/** A store that counts the bytes of data files that are asked for. */
function counting(store: ObjectStore): { readonly store: ObjectStore; readonly read: () => { files: number; bytes: number } } {
  let files = 0;
  let bytes = 0;
  return {
    read: () => ({ files, bytes }),
    store: new Proxy(store, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        if (name !== 'get') return member.bind(target) as unknown;
        return async (path: string, range?: { readonly start: number; readonly end: number }) => {
          const found = await target.get(path, range);
          if (path.startsWith('part-')) {
            files++;
            bytes += found?.byteLength ?? 0;
          }
          return found;
        };
      },
    }),
  };
}

it('describing a series reads no data file, and its parts are known from the records behind its last run, whatever its age', async () => {
  const directory = join(scratch(), 'pond');
  await createPond(directory);
  const pond = await openPond(directory, { runMaker: fakeRunMaker() });
  const costs: { readonly files: number; readonly bytes: number }[] = [];
  let appended = 0;
  for (const count of [319, 1279]) {
    for (; appended < count; appended++) {
      const rows = [appended];
      await pond.write(async (fs) => (await fs.root()).write('/s', [contentOf(rows, 'arrow')], { kind: 'series', tabular: factsOf(rows) }));
    }
    const { store, read } = counting(openLocalStore(join(directory, 'store')));
    const oplog = await Oplog.open(store, { ...pondEnvironment() });
    const fresh = makePond(directory, oplog, { runMaker: fakeRunMaker() });
    const file = await fresh.read(async (fs) => (await (await fs.root()).get('/s')).node);
    if (file.kind !== 'series') throw new TypeError(file.kind);
    expect(file.tabular).toMatchObject({ rowCount: count, timeMinMicros: 0n, timeMaxMicros: BigInt(count - 1) });
    expect(read()).toEqual({ files: 0, bytes: 0 });
    const relation = await relationOf({ oplog, view: await oplog.view(), storeDirectory: join(directory, 'store') }, file);
    costs.push(read());
    expect(rowsOf(relation)).toEqual(Array.from({ length: count }, (_, i) => i));
    const streams = relation.parts.flatMap((part) => (part.kind === 'arrow' ? part.streams : []));
    const runs = relation.parts.flatMap((part) => (part.kind === 'parquet' ? part.paths : []));
    expect(streams.length).toBeLessThanOrEqual(33);
    expect(runs.length).toBeLessThanOrEqual(20);
    expect(relation.parts.length).toBe(2);
    const recent = await relationOf(
      { oplog, view: await oplog.view(), storeDirectory: join(directory, 'store') }, file, { timeStartMicros: BigInt(count - 2) },
    );
    expect(rowsOf(recent)).toEqual([count - 2, count - 1]);
  }
  for (const { files } of costs) expect(files).toBeLessThanOrEqual(24);
  const [young, old] = costs;
  expect(old?.bytes).toBeLessThan(2.5 * (young?.bytes ?? 0));
}, 120_000);

function pondEnvironment(): Parameters<typeof Oplog.open>[1] {
  return { nowMicros: () => BigInt(Date.now()) * 1000n, uuid: () => '01990000-0000-7000-8000-000000000000', user: 'tester', host: 'testhost' };
}
