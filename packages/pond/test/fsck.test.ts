import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { fsckPondDirectory } from '../src/fsck/fsck.ts';
import { openPond, type Pond } from '../src/index.ts';
import { blobContent, pondOfEveryKind, seededEnvironment } from './every-kind.ts';
import { scratchDirectories } from './scratch-directory.ts';

const scratch = scratchDirectories();
let original = '';
let root: string | undefined;
/** The newest commit of the pond. */
let newest = 0;

beforeAll(async () => {
  original = join(scratch(), 'pond');
  const pond = await pondOfEveryKind(original);
  root = (await pond.fsck()).contentRoot;
  newest = (await pond.status()).deltaVersion;
});

/** A copy of the pond that can be damaged. */
function copy(): string {
  const directory = join(scratch(), 'pond');
  cpSync(original, directory, { recursive: true });
  return directory;
}

function fileIn(directory: string, folder: string, pattern: RegExp): string {
  const name = readdirSync(join(directory, folder)).filter((found) => pattern.test(found)).sort().at(-1);
  if (name === undefined) throw new Error(`no file ${String(pattern)}`);
  return `${folder}/${name}`;
}

function flip(directory: string, file: string, position: number): void {
  const bytes = readFileSync(join(directory, file));
  bytes[position] = (bytes[position] ?? 0) ^ 1;
  writeFileSync(join(directory, file), bytes);
}

/** Takes away the file that the first transactions were merged into, and the files that were merged. */
function removeHistory(directory: string): string {
  const merged = fileIn(directory, 'store', /\.gzip\.parquet$/);
  for (const name of readdirSync(join(directory, 'store'))) {
    if (name.endsWith('.parquet') && `store/${name}` <= merged) rmSync(join(directory, 'store', name));
  }
  return merged;
}

/** Part of a message. */
const saying = (text: string): string => expect.stringContaining(text) as string;
const commitFile = (version: number): string => `store/_delta_log/${String(version).padStart(20, '0')}.json`;
const isCommit = (name: string): boolean => /^\d{20}\.json$/.test(name);
const open = (directory: string): Promise<Pond> => openPond(directory, { environment: seededEnvironment(undefined, 1_000_000) });

async function textOf(pond: Pond, path: string): Promise<string> {
  return pond.read(async (fs) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of (await fs.root()).read(path)) chunks.push(chunk);
    return Buffer.concat(chunks).toString('latin1');
  });
}

describe('fsckPondDirectory()', () => {
  it('finds nothing in a sound pond, and counts', async () => {
    const report = await fsckPondDirectory(original);
    expect(report).toMatchObject({ faults: [], notes: [], contentRoot: root, blobs: 1, nodes: 17 });
    expect(report.checkedBytes).toBeGreaterThan(100_000);
    expect(await fsckPondDirectory(original, { quick: true })).toMatchObject({ faults: [], contentRoot: root, blobs: 1 });
  });

  it('tells progress by bytes up to the end', async () => {
    const told: [number, number][] = [];
    const { checkedBytes } = await fsckPondDirectory(original, { onProgress: (done, total) => told.push([done, total]) });
    expect(told.at(-1)).toEqual([checkedBytes, checkedBytes]);
    expect(told.every(([done, total]) => done <= total)).toBe(true);
  });

  it('stops when it is aborted', async () => {
    const reason = new Error('enough');
    await expect(fsckPondDirectory(original, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('says that there is no pond', async () => {
    await expect(fsckPondDirectory(join(original, 'nothing'))).rejects.toMatchObject({ code: 'no-pond' });
  });

  it('mentions unfinished files without calling them faults', async () => {
    const directory = copy();
    writeFileSync(join(directory, 'store/.12345-abcdef-1.tmp'), 'half');
    const report = await fsckPondDirectory(directory);
    expect(report).toMatchObject({ faults: [], notes: [saying('1 unfinished file of 4 bytes')] });
  });

  it('names a missing blob with the paths and versions that need it, also when it is quick', async () => {
    const directory = copy();
    const file = fileIn(directory, 'store/_blobs', /^sha256=/);
    rmSync(join(directory, file));
    for (const quick of [false, true]) {
      const { faults, contentRoot } = await fsckPondDirectory(directory, { quick });
      expect(faults).toEqual([{
        severity: 'lost', file, path: '/blobs/large.bin', version: 1, repaired: false, repairable: false,
        message: `Cannot read "${file.slice('store/'.length)}": it is missing, 70000 bytes were written; `
          + 'needed by "/blobs/large.bin" version 1',
      }]);
      expect(contentRoot).toBe(root);
    }
    const pond = await open(directory);
    await expect(textOf(pond, '/blobs/large.bin')).rejects.toMatchObject({ code: 'corrupt-blob' });
    expect(await textOf(pond, '/inline/b.txt')).toBe('second');
  });

  it('finds a changed byte of a blob, which reading refuses, and new content of the same bytes replaces it', async () => {
    const directory = copy();
    const file = fileIn(directory, 'store/_blobs', /^sha256=/);
    flip(directory, file, 12_345);
    const { faults } = await fsckPondDirectory(directory);
    expect(faults).toMatchObject([{ severity: 'damaged', file, path: '/blobs/large.bin', version: 1 }]);
    expect((await fsckPondDirectory(directory, { quick: true })).faults).toEqual([]);
    const pond = await open(directory);
    await expect(textOf(pond, '/blobs/large.bin')).rejects.toMatchObject({ code: 'corrupt-blob' });
    await pond.write(async (fs) => (await fs.root()).write('/blobs/again.bin', [blobContent()]));
    expect((await fsckPondDirectory(directory)).faults).toEqual([]);
  });

  it('names the transactions and paths that a lost data file held, and the rest can be read', async () => {
    const directory = copy();
    const pond = await open(directory);
    const file = removeHistory(directory);
    const { faults, contentRoot } = await fsckPondDirectory(directory);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatchObject({ severity: 'lost', file, path: expect.stringMatching(/^\//) as string });
    expect(faults[0]?.message).toMatch(/it is missing, \d+ bytes were written; it held transactions 1 to \d+; needed by ".*" version 1/);
    expect(contentRoot).toBeUndefined();
    expect(await textOf(pond, '/later/g1')).toBe('later 1');
    const reading = textOf(await open(directory), '/inline/b.txt');
    await expect(reading).rejects.toMatchObject({ code: 'corrupt-record', message: saying('part-') });
  });

  it('names a commit that is cut, and what could still be had without it', async () => {
    const directory = copy();
    truncateSync(join(directory, commitFile(newest)), 700);
    await expect(open(directory)).rejects.toMatchObject({ code: 'corrupt-log', message: saying(`${newest}.json"`) });
    const { faults, transactions, contentRoot } = await fsckPondDirectory(directory);
    expect(faults).toMatchObject([{ severity: 'damaged', file: commitFile(newest) }]);
    expect(transactions).toBe(13);
    expect(contentRoot).toBeUndefined();
  });

  it('finds a commit in the middle that was edited with care, and goes on behind it', async () => {
    const directory = copy();
    const file = join(directory, commitFile(3));
    writeFileSync(file, readFileSync(file, 'utf8').replace('"user":"tester"', '"user":"nobody"'));
    const { faults, contentRoot } = await fsckPondDirectory(directory);
    expect(faults.map(({ file: found }) => found)).toEqual(faults.map(() => commitFile(3)));
    expect(faults[0]?.message).toMatch(/^Cannot read "_delta_log\/0{19}3\.json": /);
    expect(contentRoot).toBe(root);
    const pond = await open(directory);
    const users = new Set<string>();
    for await (const { user } of pond.transactions()) users.add(user);
    expect([...users]).toEqual(['tester']);
  });

  it('finds a commit that was replaced by garbage, by another commit, or taken away', async () => {
    for (const damage of [
      (file: string) => writeFileSync(file, Buffer.alloc(3000, 0x7b)),
      (file: string, directory: string) => cpSync(join(directory, commitFile(4)), file),
      (file: string) => rmSync(file),
    ]) {
      const directory = copy();
      damage(join(directory, commitFile(5)), directory);
      const { faults } = await fsckPondDirectory(directory);
      expect(faults.length).toBeGreaterThan(0);
      expect(faults.map(({ file }) => file)).toContain(commitFile(5));
      expect(await textOf(await open(directory), '/inline/b.txt')).toBe('second');
    }
  });

  it('does not take a missing commit near the end for the end of the log', async () => {
    const directory = copy();
    rmSync(join(directory, commitFile(newest - 1)));
    await expect(open(directory)).rejects.toMatchObject({ code: 'corrupt-log', message: saying(`${newest - 1}.json`) });
    expect((await fsckPondDirectory(directory)).faults).toMatchObject([{ severity: 'lost', file: commitFile(newest - 1) }]);
  });

  it('says that commits are lost when the folded state knows of later ones', async () => {
    const directory = copy();
    const hint = JSON.parse(readFileSync(join(directory, 'store/_state/_last'), 'utf8')) as { readonly deltaVersion: number };
    for (let version = newest; version >= hint.deltaVersion; version--) rmSync(join(directory, commitFile(version)));
    expect((await fsckPondDirectory(directory)).faults[0]).toMatchObject({ severity: 'lost', message: saying('it is missing') });
  });

  it('reads on when all that is derived is damaged, and rebuilds it on request without touching the rest', async () => {
    const derived = (directory: string): string[] => [
      ...readdirSync(join(directory, 'store/_state')).map((name) => `store/_state/${name}`),
      ...readdirSync(join(directory, 'store/_delta_log')).filter((name) => !isCommit(name)).map((name) => `store/_delta_log/${name}`),
    ];
    const truth = (directory: string): string => readdirSync(join(directory, 'store'), { recursive: true, withFileTypes: true })
      .filter(({ name }) => name.startsWith('part-') || name.startsWith('sha256=') || isCommit(name))
      .map((entry) => `${entry.name} ${readFileSync(join(entry.parentPath, entry.name)).toString('base64')}`).sort().join('\n');
    for (const damage of [
      (file: string) => writeFileSync(file, 'garbage'),
      (file: string) => truncateSync(file, 60),
      (file: string) => flip(file, '', 40),
    ]) {
      const directory = copy();
      const before = truth(directory);
      for (const file of derived(directory)) damage(join(directory, file));
      expect(await textOf(await open(directory), '/inline/b.txt')).toBe('second');
      const found = await fsckPondDirectory(directory);
      expect(found.contentRoot).toBe(root);
      expect(found.faults.length).toBeGreaterThan(2);
      expect(found.faults.map(({ severity }) => severity)).toEqual(found.faults.map(() => 'derived'));
      const repaired = await fsckPondDirectory(directory, { repair: true }, seededEnvironment(1_795_400_000_000_000n));
      expect(repaired.faults.map(({ file, repaired: done }) => [file, done])).toEqual(found.faults.map(({ file }) => [file, true]));
      expect(truth(directory)).toBe(before);
      expect(await fsckPondDirectory(directory)).toMatchObject({ faults: [], contentRoot: root });
      expect((await (await open(directory)).status()).tailCommits).toBe(0);
    }
  });

  it('does not rebuild what is derived from records that are not whole', async () => {
    const directory = copy();
    removeHistory(directory);
    const state = fileIn(directory, 'store/_state', /\.arrow$/);
    flip(directory, state, 100);
    const { faults } = await fsckPondDirectory(directory, { repair: true });
    expect(faults.some(({ severity, repaired }) => severity === 'derived' && repaired)).toBe(false);
    expect(faults.some(({ repairable }) => repairable)).toBe(false);
    expect(readdirSync(join(directory, 'store/_state'))).toContain(state.slice('store/_state/'.length));
  });

  it('writes a lost or damaged data file again, byte for byte, from what was merged into it, or from the commit that repeats its rows', async () => {
    const merged = fileIn(original, 'store', /\.gzip\.parquet$/);
    const later = readdirSync(join(original, 'store')).filter((name) => name.endsWith('.parquet') && `store/${name}` > merged).sort();
    for (const file of [merged, `store/${later[0] ?? ''}`]) {
      for (const damage of [(path: string) => { rmSync(path); }, (path: string) => { truncateSync(path, 70); }, (path: string) => { flip(path, '', 100); }]) {
        const directory = copy();
        damage(join(directory, file));
        writeFileSync(join(directory, 'store/.9999999-0123456789abcdef-1.tmp'), 'half');
        const found = await fsckPondDirectory(directory, { repair: true, dryRun: true });
        expect(found.faults.map((fault) => [fault.file, fault.repairable, fault.repaired])).toEqual([[file, true, false]]);
        expect(found.contentRoot).toBeUndefined();
        const repaired = await fsckPondDirectory(directory, { repair: true });
        expect(repaired.faults.map((fault) => [fault.file, fault.repaired])).toEqual([[file, true]]);
        expect(repaired).toMatchObject({ contentRoot: root, notes: ['1 unfinished file of 4 bytes removed'] });
        expect(readFileSync(join(directory, file))).toEqual(readFileSync(join(original, file)));
        expect(await fsckPondDirectory(directory)).toMatchObject({ faults: [], notes: [], contentRoot: root });
      }
    }
  });

  it('does not touch what it cannot mend, and mends the rest', async () => {
    const directory = copy();
    const merged = fileIn(directory, 'store', /\.gzip\.parquet$/);
    const blob = fileIn(directory, 'store/_blobs', /^sha256=/);
    rmSync(join(directory, merged));
    flip(directory, blob, 7);
    const damaged = readFileSync(join(directory, blob));
    const { faults } = await fsckPondDirectory(directory, { repair: true });
    expect(faults.map(({ file, repairable, repaired }) => [file, repairable, repaired]).sort()).toEqual([[blob, false, false], [merged, true, true]]);
    expect(readFileSync(join(directory, blob))).toEqual(damaged);
    expect(await textOf(await open(directory), '/inline/b.txt')).toBe('second');
  });
});
