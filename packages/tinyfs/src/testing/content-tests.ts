import assert from 'node:assert/strict';
import type { FileNode } from '../node.ts';
import type { TabularFacts } from '../tabular-facts.ts';
import {
  asFile, bytes, fileAt, inBoth, makeFile, rejectsWith, sha256, textOf, versionsOf, type StoreTest,
} from './store-under-test.ts';

/** Versions of files and the bytes in them. */
export function contentTests(test: StoreTest): void {
  test('a new stored file has no version and no content', async (store) => {
    await inBoth(store, async (writer) => {
      for (const kind of ['data', 'table', 'series'] as const) await writer.create(await writer.root(), kind, { kind });
    }, async (reader) => {
      for (const kind of ['data', 'table', 'series'] as const) {
        const file = await fileAt(reader, kind);
        assert.equal(file.version, 0);
        assert.deepEqual(await versionsOf(reader, file), []);
        assert.equal(await textOf(reader, file), '');
        await rejectsWith('not-found', textOf(reader, file, { version: 1 }));
      }
    });
  });

  for (const kind of ['data', 'table'] as const) {
    test(`write() to a ${kind} file replaces the content in a new version`, async (store) => {
      await inBoth(store, async (writer) => {
        let file = asFile(await writer.create(await writer.root(), 'f', { kind }));
        for (const text of ['one', 'zwölf', '']) {
          file = await writer.write(file, [bytes(text)]);
          assert.deepEqual(await fileAt(writer, 'f'), file);
        }
      }, async (reader) => {
        const file = await fileAt(reader, 'f');
        assert.equal(file.kind, kind);
        await checkVersions(reader, file, ['one', 'zwölf', '']);
        assert.equal(file.sizeBytes, 0);
        assert.equal(await textOf(reader, file), '');
      });
    });
  }

  test('write() to a series appends a part: the content is all versions in order', async (store) => {
    const parts = ['one,', '', 'zwölf,', 'three'];
    for (const part of parts) {
      await store.write(async (writer) => {
        const root = await writer.root();
        const file = asFile((await writer.lookup(root, 's')) ?? (await writer.create(root, 's', { kind: 'series' })));
        await writer.write(file, [bytes(part)]);
      });
    }
    await inBoth(store, async (writer) => {
      await writer.write(await fileAt(writer, 's'), [bytes('!')]);
    }, async (reader) => {
      const file = await fileAt(reader, 's');
      await checkVersions(reader, file, [...parts, '!']);
      assert.equal(await textOf(reader, file), 'one,zwölf,three!');
      assert.equal(file.sizeBytes, Buffer.byteLength('one,zwölf,three!'));
    });
  });

  test('write() with tabular facts: a series adds them up, a table has those of its newest version', async (store) => {
    const facts = (names: readonly string[], rowCount: number, time?: bigint): TabularFacts => ({
      columns: names.map((name) => ({ name, type: 'BIGINT', nulls: 1, ...(name === 'b' ? { unit: 'm' } : {}) })), rowCount,
      ...(time === undefined ? {} : { timeColumn: 't', timeMinMicros: time, timeMaxMicros: time + 5n }),
    });
    const first = facts(['t', 'a'], 3);
    const second = facts(['t', 'b'], 10, 100n);
    await inBoth(store, async (writer) => {
      for (const kind of ['table', 'series'] as const) {
        let file = asFile(await writer.create(await writer.root(), kind, { kind }));
        assert.equal(file.tabular, undefined);
        file = await writer.write(file, [bytes('1')], first);
        assert.deepEqual(file.tabular, first);
        await writer.write(file, [bytes('22')], second);
        await writer.update(file, { attributes: { a: 'b' } });
      }
    }, async (reader) => {
      const table = await fileAt(reader, 'table');
      assert.deepEqual(table.tabular, second);
      const series = await fileAt(reader, 'series');
      assert.deepEqual(series.tabular, {
        columns: [
          { name: 't', type: 'BIGINT', nulls: 2 }, { name: 'a', type: 'BIGINT', nulls: 11 },
          { name: 'b', type: 'BIGINT', nulls: 4, unit: 'm' },
        ],
        rowCount: 13, timeColumn: 't', timeMinMicros: 100n, timeMaxMicros: 105n,
      });
      assert.deepEqual((await versionsOf(reader, series)).map(({ tabular }) => tabular), [
        { rowCount: 3 }, { rowCount: 10, timeMinMicros: 100n, timeMaxMicros: 105n }, undefined,
      ]);
    });
  });

  test('write() without tabular facts leaves a series without them for good, a table until its next version', async (store) => {
    const facts: TabularFacts = { columns: [{ name: 'a', type: 'BIGINT', nulls: 0 }], rowCount: 1 };
    await inBoth(store, async (writer) => {
      for (const kind of ['table', 'series'] as const) {
        let file = asFile(await writer.create(await writer.root(), kind, { kind }));
        file = await writer.write(file, [bytes('1')], facts);
        file = await writer.write(file, [bytes('2')]);
        assert.equal(file.tabular, undefined);
        await writer.write(file, [bytes('3')], facts);
      }
    }, async (reader) => {
      assert.deepEqual((await fileAt(reader, 'table')).tabular, facts);
      assert.equal((await fileAt(reader, 'series')).tabular, undefined);
    });
  });

  test('update() with bounds changes what a version of a series says about its times, and with it the whole', async (store) => {
    const facts = (time: bigint): TabularFacts => ({
      columns: [{ name: 't', type: 'TIMESTAMP', nulls: 0 }], rowCount: 2, timeColumn: 't', timeMinMicros: time, timeMaxMicros: time + 10n,
    });
    await inBoth(store, async (writer) => {
      let file = asFile(await writer.create(await writer.root(), 's', { kind: 'series' }));
      for (const time of [100n, 9_000n]) file = await writer.write(file, [bytes('x')], facts(time));
      await rejectsWith('not-found', writer.update(file, { bounds: { version: 3, timeMinMicros: 0n, timeMaxMicros: 1n } }));
      await writer.update(file, { bounds: { version: 2, timeMinMicros: 200n, timeMaxMicros: 300n } });
      await writer.write(await fileAt(writer, 's'), [bytes('y')], facts(250n));
    }, async (reader) => {
      const series = await fileAt(reader, 's');
      assert.equal(series.version, 4);
      assert.deepEqual([series.tabular?.rowCount, series.tabular?.timeMinMicros, series.tabular?.timeMaxMicros], [6, 100n, 300n]);
      assert.deepEqual((await versionsOf(reader, series)).map(({ tabular }) => tabular?.timeMinMicros), [100n, 200n, undefined, 250n]);
      assert.equal(await textOf(reader, series), 'xxy');
    });
  });

  test('content() of a version by number is that version alone, and not-found for one that is not there', async (store) => {
    await inBoth(store, async (writer) => {
      await makeFile(writer, await writer.root(), 'f', 'one', 'two');
    }, async (reader) => {
      const file = await fileAt(reader, 'f');
      assert.equal(await textOf(reader, file, { version: 1 }), 'one');
      assert.equal(await textOf(reader, file, { version: 2, range: { start: 1, end: 2 } }), 'w');
      for (const version of [0, 3, -1, 1.5]) await rejectsWith('not-found', textOf(reader, file, { version }));
    });
  });

  test('content() of a range is half-open and cut at the end', async (store) => {
    await inBoth(store, async (writer) => {
      const root = await writer.root();
      await makeFile(writer, root, 'data', '0123456789');
      let series = asFile(await writer.create(root, 'series', { kind: 'series' }));
      for (const part of ['012', '', '34', '56789']) series = await writer.write(series, [bytes(part)]);
    }, async (reader) => {
      for (const name of ['data', 'series']) {
        const file = await fileAt(reader, name);
        for (let start = 0; start <= 12; start++) {
          for (let end = start; end <= 12; end++) {
            assert.equal(await textOf(reader, file, { range: { start, end } }), '0123456789'.slice(start, end), `${name} ${start} ${end}`);
          }
        }
      }
      assert.equal(await textOf(reader, await fileAt(reader, 'series'), { version: 4, range: { start: 1, end: 99 } }), '6789');
    });
  });

  test('write() takes content in any chunks, sync or async, and copies what it keeps', async (store) => {
    const reused = async function* (): AsyncIterable<Uint8Array> {
      const buffer = new Uint8Array(1);
      for (const char of bytes('streamed')) {
        buffer[0] = char;
        yield buffer;
      }
    };
    await inBoth(store, async (writer) => {
      const root = await writer.root();
      await writer.write(asFile(await writer.create(root, 'async', { kind: 'data' })), reused());
      await writer.write(asFile(await writer.create(root, 'sync', { kind: 'data' })), [bytes('stre'), bytes(''), bytes('amed')]);
      await writer.write(asFile(await writer.create(root, 'none', { kind: 'data' })), []);
    }, async (reader) => {
      for (const name of ['async', 'sync']) {
        const file = await fileAt(reader, name);
        assert.equal(await textOf(reader, file), 'streamed');
        assert.equal(file.sha256, sha256('streamed'));
      }
      const none = await fileAt(reader, 'none');
      assert.deepEqual([none.version, none.sizeBytes, none.sha256], [1, 0, sha256('')]);
    });
  });

  test('write() keeps every byte of a large content', async (store) => {
    const size = 3 * 1024 * 1024 + 1;
    const content = new Uint8Array(size).map((_, i) => (i * 31 + (i >> 8)) & 0xff);
    const chunks = Array.from({ length: Math.ceil(size / 65_521) }, (_, i) => content.subarray(i * 65_521, (i + 1) * 65_521));
    await inBoth(store, async (writer) => {
      await writer.write(asFile(await writer.create(await writer.root(), 'big', { kind: 'data' })), chunks);
    }, async (reader) => {
      const file = await fileAt(reader, 'big');
      assert.equal(file.sizeBytes, size);
      const read: Uint8Array[] = [];
      for await (const chunk of reader.content(file)) read.push(chunk);
      assert.ok(Buffer.concat(read).equals(content));
      const part: Uint8Array[] = [];
      for await (const chunk of reader.content(file, { range: { start: 1_000_003, end: 2_000_003 } })) part.push(chunk);
      assert.ok(Buffer.concat(part).equals(content.subarray(1_000_003, 2_000_003)));
    });
  });

  test('write() of content that fails rejects with its error and leaves no version', async (store) => {
    const failing = async function* (): AsyncIterable<Uint8Array> {
      yield bytes('half');
      throw new RangeError('the source is gone');
    };
    await inBoth(store, async (writer) => {
      const file = await makeFile(writer, await writer.root(), 'f', 'whole');
      await assert.rejects(writer.write(file, failing()), RangeError);
    }, async (reader) => {
      const file = await fileAt(reader, 'f');
      assert.equal(file.version, 1);
      assert.equal(await textOf(reader, file), 'whole');
    });
  });

  test('versions() have times that never go back', async (store) => {
    for (let i = 0; i < 3; i++) {
      await store.write(async (writer) => {
        const root = await writer.root();
        const file = asFile((await writer.lookup(root, 'f')) ?? (await writer.create(root, 'f', { kind: 'data' })));
        await writer.write(file, [bytes(`${i}`)]);
      });
    }
    await store.read(async (reader) => {
      const file = await fileAt(reader, 'f');
      const times = (await versionsOf(reader, file)).map(({ modifiedMicros }) => modifiedMicros);
      assert.ok(times.every((time, i) => i === 0 || time >= (times[i - 1] ?? 0n)), times.join(' '));
      assert.equal(file.modifiedMicros, times.at(-1));
    });
  });
}

async function checkVersions(reader: Parameters<typeof textOf>[0], file: FileNode, texts: readonly string[]): Promise<void> {
  assert.equal(file.version, texts.length);
  assert.equal(file.sha256, sha256(texts.at(-1) ?? ''));
  const versions = await versionsOf(reader, file);
  assert.deepEqual(
    versions.map(({ version, sizeBytes, sha256: hash }) => ({ version, sizeBytes, hash })),
    texts.map((text, i) => ({ version: i + 1, sizeBytes: Buffer.byteLength(text), hash: sha256(text) })),
  );
  for (const [i, text] of texts.entries()) assert.equal(await textOf(reader, file, { version: i + 1 }), text);
}
