import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { contentOf, type LogfileHost, openLogfileHost } from './logfile-host.ts';

let host: LogfileHost;
beforeEach(async () => { host = await openLogfileHost(); });
afterEach(() => host.close());

test('a log that grows is appended to, and a run without new bytes is no transaction', async () => {
  host.append('app.log', 'one\n');
  expect((await host.run()).items).toEqual([{ file: host.path('app.log'), path: '/logs/app.log', state: 'new', bytes: 4, error: null }]);
  const before = (await host.pond.transaction()).txnSeq;
  expect((await host.run()).items).toEqual([]);
  expect((await host.pond.transaction()).txnSeq).toBe(before);
  host.append('app.log', 'two');
  expect((await host.run()).items.map(({ state, bytes }) => [state, bytes])).toEqual([['appended', 3]]);
  expect(await host.text('/logs/app.log')).toBe('one\ntwo');
});

test('rotated, copied, compressed: the bytes follow their log, and only new ones are taken', async () => {
  host.append('app.log', 'a'.repeat(10_000));
  await host.run();
  host.append('app.log', 'late');
  host.rotate('app.log', 3);
  host.append('app.log', 'b'.repeat(6000));
  expect((await host.run()).items.map(({ path, state, bytes }) => [path, state, bytes])).toEqual([
    ['/logs/app.log', 'new', 6000], ['/logs/app.log.1', 'renamed', 4]]);
  host.compress('app.log.1', 'gz');
  host.copyTruncate('app.log', 3);
  host.append('app.log', 'c');
  // The archive that was compressed is `app.log.2.gz` now, `app.log.1` the copy.
  expect((await host.run()).items.map(({ path, state, bytes }) => [path, state, bytes]).sort()).toEqual([
    ['/logs/app.log', 'new', 1], ['/logs/app.log.1', 'renamed', 0], ['/logs/app.log.2', 'renamed', 0]]);
  expect(await host.text('/logs/app.log.2')).toBe(`${'a'.repeat(10_000)}late`);
  expect(await host.text('/logs/app.log.1')).toBe('b'.repeat(6000));
  expect(await host.text('/logs/app.log')).toBe('c');
});

test('what the host has no more is kept beside, and what was cut is told', async () => {
  host.append('app.log', 'x'.repeat(5000));
  await host.run();
  host.truncate('app.log', 10);
  const { notes, state } = await host.run();
  const [kept = ''] = (await host.paths()).filter((path) => path.includes('~'));
  expect([state, notes]).toEqual(['done', [`${host.path('app.log')}: it is another log now, what was taken before is kept as "${kept}"`]]);
  expect([await host.text('/logs/app.log'), await host.text(kept)]).toEqual(['x'.repeat(10), 'x'.repeat(5000)]);
});

test('an archive that has changed and one that is damaged are errors, and the others are taken', async () => {
  host.append('app.log-20240101', 'y'.repeat(9000));
  host.append('app.log-20240102', 'z'.repeat(9000));
  await host.run();
  writeFileSync(host.path('app.log-20240101'), 'other');
  writeFileSync(host.path('app.log-20240102'), `${'z'.repeat(4500)}!${'z'.repeat(4499)}`);
  utimesSync(host.path('app.log-20240102'), 1, 1);
  writeFileSync(host.path('app.log-20240103.gz'), readFileSync(host.path('app.log-20240101')));
  host.append('b.log', 'fine');
  const { items, state } = await host.run();
  expect([state, items.map(({ path, state: one }) => [path, one]).sort()]).toEqual(['some-failed', [
    ['/logs/app.log-20240101', 'failed'], ['/logs/app.log-20240102', 'failed'], ['/logs/app.log-20240103', 'failed'], ['/logs/b.log', 'new']]]);
  expect(await host.text('/logs/app.log-20240101')).toBe('y'.repeat(9000));
  expect(await host.text('/logs/app.log-20240102')).toBe('z'.repeat(9000));
});

test('names of one base in two directories stay apart, and names that are exchanged are', async () => {
  await host.close();
  host = await openLogfileHost((directory) => `active_pattern: ${directory}/**/*.log`);
  host.append('a/x.log', 'of a');
  host.append('b/x.log', 'of b');
  await host.run();
  renameSync(host.path('a/x.log'), host.path('a/tmp'));
  renameSync(host.path('b/x.log'), host.path('a/x.log'));
  renameSync(host.path('a/tmp'), host.path('b/x.log'));
  await host.run();
  expect([await host.text('/logs/a/x.log'), await host.text('/logs/b/x.log'), (await host.paths()).length]).toEqual(['of b', 'of a', 2]);
});

test('a file that someone else wrote is not touched, and list has the sums of the host', async () => {
  await host.pond.write(async (fs) => (await fs.root()).write('/logs/app.log', [Buffer.from('mine')], { parents: true }));
  host.append('app.log', 'theirs');
  host.append('b.log', 'fine');
  expect((await host.run()).items.map(({ state }) => state)).toEqual(['failed', 'new']);
  expect(await host.text('/logs/app.log')).toBe('mine');
  const sha256 = createHash('sha256').update('fine').digest('hex');
  expect((await host.run('list')).items).toEqual([{ sha256, file: host.path('b.log'), path: '/logs/b.log', bytes: 4 }]);
});

test('a run that is stopped leaves nothing, and the next takes all', async () => {
  host.append('app.log', 'one');
  const stop = new AbortController();
  stop.abort();
  await expect(host.run('collect', stop.signal)).rejects.toThrow();
  expect(await host.pond.read(async (fs) => (await fs.root()).exists('/logs'))).toBe(false);
  await host.run();
  expect(await host.text('/logs/app.log')).toBe('one');
});

const op = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('append' as const), name: fc.constantFrom('a.log', 'b.log'), size: fc.nat(9000), seed: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('collect' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('rotate' as const, 'copyTruncate' as const), name: fc.constantFrom('a.log', 'b.log') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('truncate' as const), name: fc.constantFrom('a.log', 'b.log'), size: fc.nat(5000) }) },
  { weight: 2, arbitrary: fc.record({
    do: fc.constant('compress' as const), name: fc.constantFrom('a.log.1', 'a.log.2', 'b.log.1'), as: fc.constantFrom('gz' as const, 'zst' as const),
  }) },
);

/** No two the same, as lines with times are; the first are short and alike, as headers of logs. */
function bytesOf(seed: number, size: number): Buffer {
  const block = createHash('sha512').update(String(seed)).digest('hex');
  return Buffer.from(`# log\n${block.repeat(Math.ceil(size / block.length)).slice(0, size)}`);
}

test('any history: the pond has what the host has, byte by byte', async () => {
  await fc.assert(fc.asyncProperty(fc.array(op, { minLength: 5, maxLength: 30 }), async (history) => {
    const own = await openLogfileHost();
    try {
      const agree = async (): Promise<void> => {
        const { items } = await own.run();
        expect(items.filter(({ state }) => state === 'failed')).toEqual([]);
        for (const name of readdirSync(own.directory)) {
          expect(await own.text(`/logs/${name.replace(/[.](gz|zst)$/, '')}`)).toBe(contentOf(own.path(name)));
        }
      };
      for (const [at, one] of history.entries()) {
        switch (one.do) {
          case 'append': own.append(one.name, bytesOf(one.seed * 100 + at, one.size)); break;
          case 'collect': await agree(); break;
          case 'rotate': own.rotate(one.name, 3); break;
          case 'copyTruncate': own.copyTruncate(one.name, 3); break;
          case 'truncate': own.truncate(one.name, one.size); break;
          case 'compress': own.compress(one.name, one.as); break;
        }
      }
      await agree();
    } finally {
      await own.close();
    }
  }), { numRuns: 40 });
}, 60_000);
