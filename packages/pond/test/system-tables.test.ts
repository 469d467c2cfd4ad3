import { expect, it } from 'vitest';
import type { Pond } from '../src/pond.ts';
import { rowsOf, testPonds, writeFiles } from './sql-pond.ts';

const newPond = testPonds();

/** Files, directories, links, attributes, removals and renames in 45 transactions: enough for several merges. */
async function busyPond(): Promise<Pond> {
  const pond = await newPond();
  await pond.setSetting('log.limit', '7');
  for (let n = 0; n < 40; n++) {
    const directory = `/d${n % 3}`;
    await writeFiles(pond, {
      [`${directory}/f${n}.csv`]: `n\n${n}\n`, '/same.csv': `n\n${n}\n`, [`${directory}/large`]: 'x'.repeat(70_000 + n),
    });
  }
  await pond.write(async (fs) => {
    const root = await fs.root();
    await root.symlink('/same.csv', '/link');
    await root.remove('/d1/f1.csv');
    await root.rename('/d2/f2.csv', '/d0/renamed.csv');
    await root.update('/same.csv', { attributes: { colour: 'it\'s "green"' } });
  });
  return pond;
}

const STATES = [undefined, { txnSeq: 2 }, { txnSeq: 9 }, { txnSeq: 33 }];

it('pond.nodes has what walking the tree has, at any state', async () => {
  const pond = await busyPond();
  for (const at of STATES) {
    const options = at === undefined ? {} : { at };
    const walked = await pond.read(async (fs) => {
      const root = await fs.root();
      const nodes = [{ path: '/', node: root.at.node }];
      for await (const entry of root.walk()) nodes.push(entry as typeof nodes[number]);
      return nodes;
    }, options);
    const expected = walked.map(({ path, node }) => [
      path, node.kind, node.id, BigInt(node.version), node.modifiedMicros,
      'sizeBytes' in node && typeof node.sizeBytes === 'number' ? BigInt(node.sizeBytes) : null,
      'target' in node ? node.target : null, node.attributes === undefined ? null : JSON.stringify(node.attributes),
    ]).sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));
    const found = await rowsOf(pond, 'SELECT path, kind, node_id, version, modified, size, target, attributes FROM pond.nodes', options);
    expect([...found].sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1))).toEqual(expected);
  }
  await pond.close();
});

it('pond.transactions and pond.versions have what the library tells, at any state, before and after maintenance', async () => {
  const pond = await busyPond();
  const compare = async (): Promise<void> => {
    for (const at of STATES) {
      const options = at === undefined ? {} : { at };
      const expected = [];
      for await (const facts of pond.transactions(options)) {
        expected.push([BigInt(facts.txnSeq), facts.timestampMicros, facts.user, facts.uuid, BigInt(facts.changes.created)]);
      }
      const query = 'SELECT txn_seq, time, "user", uuid, created FROM pond.transactions ORDER BY 1 DESC';
      expect(await rowsOf(pond, query, options)).toEqual(expected);
      const versions = await pond.read(async (fs) => {
        const all = [];
        const root = await fs.root();
        if (!await root.exists('/same.csv')) return [];
        for await (const info of root.versions('/same.csv')) all.push([BigInt(info.version), info.modifiedMicros, info.sha256]);
        return all;
      }, options);
      const found = await rowsOf(pond, "SELECT version, modified, sha256 FROM pond.versions WHERE path = '/same.csv' ORDER BY 1", options);
      expect(found).toEqual(versions);
    }
  };
  await compare();
  await pond.maintain({ compact: true });
  await compare();
  expect(await rowsOf(pond, "SELECT count(*) FROM pond.versions WHERE path IS NULL AND kind = 'data'")).toEqual([[1n]]);
  expect(await rowsOf(pond, "SELECT DISTINCT stored FROM pond.versions WHERE path LIKE '%/large'")).toEqual([['blob']]);
  await pond.close();
});

it('pond.entries has the entries that records() decodes, at any state, before and after maintenance', async () => {
  const pond = await busyPond();
  const compare = async (): Promise<void> => {
    for (const at of STATES) {
      const options = at === undefined ? {} : { at };
      const expected = new Map<string, number>();
      let names = 0;
      for await (const record of pond.records({ entries: true, ...options })) {
        const key = `${record.txnSeq} ${record.partId} ${record.nodeId}`;
        expected.set(key, (expected.get(key) ?? 0) + (record.entries?.length ?? 0));
        names += record.entries?.filter((entry) => 'name' in entry).length ?? 0;
      }
      const found = await rowsOf(pond, 'SELECT txn_seq, part_id, node_id, count(*) FROM pond.entries GROUP BY ALL', options);
      expect(new Map(found.map(([txn, part, node, count]) => [`${txn} ${part} ${node}`, Number(count)]))).toEqual(expected);
      expect(await rowsOf(pond, 'SELECT count(name) FROM pond.entries', options)).toEqual([[BigInt(names)]]);
    }
  };
  await compare();
  await pond.maintain({ compact: true });
  await compare();
  const newest = "SELECT decode(inline) FROM pond.entries WHERE size = 5 AND kind = 'data' ORDER BY txn_seq DESC LIMIT 1";
  expect(await rowsOf(pond, newest)).toEqual([['n\n39\n']]);
  await pond.close();
});

it('pond.files has the data files of the log, pond.config the settings; they are queried together with data', async () => {
  const pond = await busyPond();
  const [files] = await rowsOf(pond, 'SELECT min(txn_min), max(txn_max), sum(records) > 0, count(*) FROM pond.files');
  expect(files?.slice(0, 3)).toEqual([1n, 43n, true]);
  expect(Number(files?.[3])).toBeLessThan(20);
  const limit = "SELECT value, origin FROM pond.config WHERE key = 'log.limit'";
  expect(await rowsOf(pond, limit)).toEqual([['7', 'pond']]);
  expect(await rowsOf(pond, limit, { at: { txnSeq: 1 } })).toEqual([['20', 'default']]);
  expect(await rowsOf(pond, "SELECT s.n, v.size FROM '/same.csv' s JOIN pond.nodes v ON v.path = '/same.csv'")).toEqual([[39n, 5n]]);
  await pond.close();
});

it('information_schema shows the system tables and the tables of the query with their columns', async () => {
  const pond = await newPond({ '/a.csv': 'x,y\n1,one\n' });
  const tables = await rowsOf(pond, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'pond' ORDER BY 1");
  expect(tables.flat()).toEqual(['config', 'entries', 'files', 'nodes', 'transactions', 'versions']);
  const columns = await rowsOf(
    pond, "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'source'", { tables: { source: '/a.csv' } },
  );
  expect(columns).toEqual([['x', 'BIGINT'], ['y', 'VARCHAR']]);
  expect((await rowsOf(pond, 'DESCRIBE pond.transactions'))[0]?.slice(0, 2)).toEqual(['txn_seq', 'BIGINT']);
  await pond.close();
});
