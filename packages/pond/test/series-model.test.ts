import assert from 'node:assert/strict';
import { join } from 'node:path';
import { env } from 'node:process';
import { describe, it } from 'vitest';
import { seededRandom } from '@duckpond/oplog/testing/faults';
import { isFile } from '@duckpond/tinyfs';
import { makePond, openPond } from '../src/open-pond.ts';
import { createPond } from '../src/create-pond.ts';
import type { Pond } from '../src/pond.ts';
import { relationOf } from '../src/relation.ts';
import { Oplog, openLocalStore } from '@duckpond/oplog';
import { contentOf, factsOf, fakeRunMaker, rowsOf } from './fake-rows.ts';
import { scratchDirectories } from './scratch-directory.ts';
import { testEnvironment } from './test-environment.ts';

const scratch = scratchDirectories();
const SEED = Number(env['DUCKPOND_SEED'] ?? 1);
const RUNS = Number(env['DUCKPOND_RUNS'] ?? 6);
const HOUR = 3_600_000;

interface ModelFile {
  readonly kind: 'table' | 'series';
  /** The rows of each version; undefined for one without content. */
  readonly versions: readonly (readonly number[] | undefined)[];
}
type Model = ReadonlyMap<string, ModelFile>;

function rowsIn({ kind, versions }: ModelFile, version?: number): readonly number[] {
  if (kind === 'series') return (version === undefined ? versions : [versions[version - 1]]).flatMap((rows) => rows ?? []);
  return versions.slice(0, version).findLast((rows) => rows !== undefined) ?? [];
}

async function plain<T>(items: AsyncIterable<T>): Promise<string> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return JSON.stringify(all, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}

describe(`tables and series under random changes, merges and vacuum (seed ${SEED})`, () => {
  for (let run = 0; run < RUNS; run++) {
    it(`history ${run}: every state and version has the rows that were written`, async () => {
      const random = seededRandom(SEED * 1000 + run);
      const below = (count: number): number => Math.floor(random() * count);
      const pick = <T>(values: readonly T[]): T => values[below(values.length)] as T;
      const directory = join(scratch(), 'pond');
      const environment = testEnvironment(SEED * 1000 + run);
      const maker = fakeRunMaker();
      await createPond(directory, { environment });
      const open = async (): Promise<{ pond: Pond; oplog: Oplog }> => {
        const oplog = await Oplog.open(openLocalStore(join(directory, 'store')), environment);
        return { oplog, pond: makePond(directory, oplog, { runMaker: maker }) };
      };
      let { pond, oplog } = await open();
      let model: Model = new Map();
      const states = new Map<number, Model>([[1, model]]);
      let counter = 0;
      let collapsed = 0;
      const newRows = (): number[] => Array.from({ length: below(4) }, () => ++counter);

      const change = async (next: Model, work: Parameters<Pond['write']>[0]): Promise<void> => {
        const { transaction } = await pond.write(work);
        if (transaction === undefined) return;
        model = next;
        states.set(transaction.txnSeq, model);
      };
      const append = async (path: string, kind: ModelFile['kind'], times: number, isSmall: boolean = false): Promise<void> => {
        const old = model.get(path);
        const parts = Array.from({ length: times }, newRows);
        const next = new Map(model).set(path, { kind: old?.kind ?? kind, versions: [...old?.versions ?? [], ...parts] });
        await change(next, async (fs) => {
          const root = await fs.root();
          for (const rows of parts) {
            const format = random() < 0.8 ? 'arrow' : 'parquet';
            const content = contentOf(rows, format, !isSmall && random() < 0.01 ? 9 * 1024 * 1024 : random() < 0.05 && format === 'parquet' ? 70_000 : 0);
            const asArrow = format === 'arrow' && content.byteLength > 65_536;
            await root.write(path, [asArrow ? contentOf(rows, 'arrow') : content], { kind, parents: true, tabular: factsOf(rows) });
          }
        });
      };

      const check = async (): Promise<void> => {
        const seqs = [...states.keys()];
        for (const txnSeq of [seqs.at(-1) ?? 1, ...Array.from({ length: 6 }, () => pick(seqs))]) {
          const expected = states.get(txnSeq) ?? new Map();
          const view = await oplog.view(txnSeq);
          await pond.read(async (fs) => {
            const root = await fs.root();
            const found: string[] = [];
            for await (const { path, node } of root.walk('/')) {
              if (!isFile(node)) continue;
              found.push(path);
              const file = expected.get(path);
              assert.ok(file, `${path} at ${txnSeq}`);
              const source = { oplog, view, storeDirectory: join(directory, 'store') };
              assert.equal(node.version, file.versions.length);
              assert.deepEqual(rowsOf(await relationOf(source, node)), rowsIn(file), `${path} at ${txnSeq}`);
              assert.equal(node.tabular?.rowCount, rowsIn(file).length, `rows of ${path} at ${txnSeq}`);
              for (let i = 0; i < 4 && node.version > 0; i++) {
                const version: number = 1 + below(node.version);
                const relation = await relationOf(source, node, { version });
                assert.deepEqual(rowsOf(relation), rowsIn(file, version), `${path} version ${version} at ${txnSeq}`);
              }
              const times = [below(counter + 1), below(counter + 2)].sort((a, b) => a - b).map(BigInt);
              const [timeStartMicros = 0n, timeEndMicros = 0n] = times;
              if (node.kind === 'series') {
                const inside = (row: number): boolean => BigInt(row) >= timeStartMicros && BigInt(row) < timeEndMicros;
                const pruned = rowsOf(await relationOf(source, node, { timeStartMicros, timeEndMicros }));
                assert.deepEqual(pruned.filter(inside), rowsIn(file).filter(inside), `${path} at ${txnSeq} by time`);
              }
              let next = 0;
              for await (const info of root.versions(path)) {
                const rows: readonly number[] | undefined = file.versions[next++];
                if (node.kind === 'series') assert.equal(info.tabular?.rowCount, rows?.length, `versions of ${path} at ${txnSeq}`);
              }
            }
            assert.deepEqual(found.sort(), [...expected.keys()].sort(), `tree at ${txnSeq}`);
          }, { at: { txnSeq } });
        }
      };

      for (let step = 0; step < 60; step++) {
        const paths = [...model.keys()];
        const known = paths.length === 0 ? undefined : pick(paths);
        const dice = random();
        if (dice < 0.45) {
          const path = pick(['/a', '/a', '/d/b', '/d/c']);
          for (let i = below(24); i >= 0; i--) await append(path, 'series', 1);
        } else if (dice < 0.52) await append(pick(['/a', '/d/b']), 'series', 1 + below(50));
        else if (dice < 0.58) await append(pick(['/table', '/d/table']), 'table', 1);
        else if (dice < 0.63 && known !== undefined) {
          const file = model.get(known);
          if (file === undefined) continue;
          const rows = file.kind === 'table' ? file.versions.at(-1) : undefined;
          await change(new Map(model).set(known, { ...file, versions: [...file.versions, rows] }), async (fs) => {
            await (await fs.root()).update(known, { attributes: { label: String(step) } });
          });
        } else if (dice < 0.67 && known !== undefined) {
          const next = new Map(model);
          next.delete(known);
          await change(next, async (fs) => { await (await fs.root()).remove(known); });
        } else if (dice < 0.71 && known !== undefined) {
          // A removed series comes back with all that it had.
          const before = (await pond.transaction()).txnSeq;
          const next = new Map(model);
          next.delete(known);
          await change(next, async (fs) => { await (await fs.root()).remove(known); });
          if (random() < 0.5) {
            environment.passMillis(2 * HOUR);
            await pond.maintain({ compact: true });
          }
          const { transaction } = await pond.revert({ txnSeq: before }, { path: known });
          const file = states.get(before)?.get(known);
          assert.ok(transaction !== undefined && file !== undefined);
          const rows = file.kind === 'table' ? file.versions.at(-1) : undefined;
          model = new Map(model).set(known, { ...file, versions: [...file.versions, rows] });
          states.set(transaction.txnSeq, model);
        } else if (dice < 0.8) {
          environment.passMillis(pick([0, HOUR / 2, 2 * HOUR, 50 * HOUR]));
          const before = await plain(pond.records({ entries: true }));
          const root = (await pond.fsck()).contentRoot;
          const middle = { txnSeq: 1 + below(oplog.head.txnSeq) };
          const diff = await plain(pond.diff(middle));
          const { txnSeq } = await pond.transaction();
          if (random() < 0.7 || !paths.some((path) => model.get(path)?.kind === 'series')) {
            await pond.maintain({ compact: random() < 0.7, vacuum: random() < 0.5 });
          } else {
            const collapse = pick(['/**', '/**', paths.find((path) => model.get(path)?.kind === 'series') ?? '/**']);
            const planned = await pond.maintain({ collapse, dryRun: true });
            assert.equal((await pond.transaction()).txnSeq, txnSeq, 'a dry run commits nothing');
            const made = maker.made();
            const done = await pond.maintain({ collapse });
            const { collapsedParts, collapsedBytes, collapsedIntoRuns } = done;
            assert.deepEqual({ ...planned, collapsedParts, collapsedBytes, collapsedIntoRuns }, planned, 'the dry run');
            assert.equal(maker.made() - made, done.collapsedIntoRuns);
            collapsed += done.collapsedIntoRuns;
          }
          assert.equal(await plain(pond.records({ entries: true, at: { txnSeq } })), before, 'records');
          const newest = (await pond.transaction()).txnSeq;
          if (newest !== txnSeq) states.set(newest, model);
          const { faults, contentRoot } = await pond.fsck();
          assert.deepEqual(faults, []);
          assert.equal(contentRoot, root);
          assert.equal(await plain(pond.diff(middle)), diff, `diff from ${middle.txnSeq}`);
          const other = await open();
          assert.equal((await other.pond.fsck({ quick: true })).contentRoot, root);
        } else if (dice < 0.9) ({ pond, oplog } = await open());
        else await check();
      }
      await check();
      for (let i = 0; i < 40; i++) await append('/last', 'series', 1, true);
      environment.passMillis(50 * HOUR);
      await pond.maintain({ compact: true });
      environment.passMillis(50 * HOUR);
      await pond.maintain({ compact: true, vacuum: true });
      states.set((await pond.transaction()).txnSeq, model);
      await check();
      assert.ok(maker.made() > 0 && collapsed > 0);
      // Nothing but the runs has the rows now.
      const last = await pond.read(async (fs) => (await (await fs.root()).get('/last')).node);
      const rows = await oplog.versions(await oplog.view(), last.home, last.id);
      assert.deepEqual(rows.filter(({ entry }) => entry.inline != null || entry.blob === true || entry.sha256 != null), []);
      assert.equal(rows.filter(({ entry }) => entry.chain != null).length, 1);
      const { faults } = await (await openPond(directory, { environment, runMaker: maker })).fsck();
      assert.deepEqual(faults, []);
    }, 300_000);
  }
});
