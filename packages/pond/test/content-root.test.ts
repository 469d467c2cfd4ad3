import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createPond, type Pond } from '../src/index.ts';
import { seededEnvironment } from './every-kind.ts';
import { scratchDirectories } from './scratch-directory.ts';

const scratch = scratchDirectories();
const PAGE = readFileSync(new URL('../../../docs/formats/content-root.md', import.meta.url), 'utf8');

const sha256 = (...parts: (string | Uint8Array)[]): Buffer =>
  createHash('sha256').update(Buffer.concat(parts.map((part) => Buffer.from(part)))).digest();
const field = (text: string): Buffer => {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from(Uint32Array.of(bytes.length).buffer), bytes]);
};

async function emptyPond(): Promise<Pond> {
  return createPond(join(scratch(), 'pond'), { environment: seededEnvironment() });
}

async function write(pond: Pond, path: string, text: string, kind: 'data' | 'series' = 'data'): Promise<void> {
  await pond.write(async (fs) => (await fs.root()).write(path, [Buffer.from(text)], { kind, parents: true }));
}

async function setAttributes(pond: Pond, path: string, attributes: { readonly [name: string]: string }): Promise<void> {
  await pond.write(async (fs) => (await fs.root()).update(path, { attributes }));
}

/** The pond of the page. */
async function example(): Promise<Pond> {
  const pond = await emptyPond();
  await write(pond, '/log/a.series', '1\n', 'series');
  await write(pond, '/log/a.series', '2\n', 'series');
  await pond.write(async (fs) => (await fs.root()).symlink('a.series', '/log/last'));
  await write(pond, '/note.txt', 'hello\n');
  await setAttributes(pond, '/note.txt', { unit: '°C', owner: 'lab' });
  return pond;
}

/** The root as the page says it, from the tree as anyone can read it. */
async function rootByThePage(pond: Pond): Promise<string> {
  const nodes: { readonly path: Buffer; readonly bytes: Buffer }[] = [];
  await pond.read(async (fs) => {
    const root = await fs.root();
    for await (const { path, node } of root.walk('/')) {
      if (path === '/') continue;
      let meaning = '';
      if (node.kind === 'symlink') meaning = node.target;
      else if (node.kind === 'series') {
        let chain: Uint8Array = new Uint8Array(32);
        for (let version = 1; version <= node.version; version++) {
          const chunks: Uint8Array[] = [];
          for await (const chunk of root.read(path, { version })) chunks.push(chunk);
          chain = sha256(chain, sha256(...chunks));
        }
        meaning = Buffer.from(chain).toString('hex');
      } else if (node.kind !== 'directory') {
        const chunks: Uint8Array[] = [];
        for await (const chunk of root.read(path)) chunks.push(chunk);
        meaning = sha256(...chunks).toString('hex');
      }
      const names = Object.keys(node.attributes ?? {}).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      const attributes = names.length === 0 ? '' : JSON.stringify(Object.fromEntries(names.map((name) => [name, node.attributes?.[name]])));
      nodes.push({ path: Buffer.from(path), bytes: Buffer.concat([path, node.kind, meaning, attributes].map(field)) });
    }
  });
  nodes.sort((a, b) => Buffer.compare(a.path, b.path));
  return sha256('duckpond content root 1\n', ...nodes.map(({ bytes }) => bytes)).toString('hex');
}

describe('the content root', () => {
  it('is what docs/formats/content-root.md says, and its example is right', async () => {
    const pond = await example();
    const { contentRoot } = await pond.fsck();
    expect(contentRoot).toBe(await rootByThePage(pond));
    const told = new Map([...PAGE.matchAll(/^\| (.+?) \| `?(.+?)`? \|$/gm)].map(([, name = '', value = '']) => [name, value]));
    expect(told.get('SHA-256 of `1\\n`')).toBe(sha256('1\n').toString('hex'));
    expect(told.get('SHA-256 of `2\\n`')).toBe(sha256('2\n').toString('hex'));
    expect(told.get('SHA-256 of `hello\\n`')).toBe(sha256('hello\n').toString('hex'));
    const chain = sha256(sha256(new Uint8Array(32), sha256('1\n')), sha256('2\n')).toString('hex');
    expect(told.get('running hash of `/log/a.series`')).toBe(chain);
    expect(told.get('root')).toBe(contentRoot);
    const hex = /```hex\n([^`]+)```/.exec(PAGE)?.[1]?.replace(/\s/g, '');
    expect(hex).toBe(Buffer.concat(['/log', 'directory', '', ''].map(field)).toString('hex'));
  });

  it('does not depend on ids, versions, times, settings, maintenance or the order of attributes', async () => {
    const { contentRoot } = await (await example()).fsck();
    const pond = await emptyPond();
    await pond.setSetting('maintenance.auto', 'false').catch(() => undefined);
    await write(pond, '/other', 'first');
    await write(pond, '/other', 'hello\n');
    await setAttributes(pond, '/other', { owner: 'lab', unit: '°C' });
    await write(pond, '/log/a.series', '1\n', 'series');
    await write(pond, '/log/a.series', '2\n', 'series');
    await pond.write(async (fs) => {
      const root = await fs.root();
      await root.rename('/other', '/note.txt');
      await root.symlink('a.series', '/log/last');
    });
    expect((await pond.fsck()).contentRoot).toBe(contentRoot);
    await pond.maintain({ compact: true, vacuum: true });
    expect((await pond.fsck()).contentRoot).toBe(contentRoot);
  });

  it('changes with every name, kind, content, target, attribute and boundary of versions', async () => {
    const { contentRoot } = await (await example()).fsck();
    const changes: ((pond: Pond) => Promise<unknown>)[] = [
      (pond) => write(pond, '/new', ''),
      (pond) => write(pond, '/note.txt', 'hello'),
      (pond) => write(pond, '/log/a.series', '', 'series'),
      (pond) => setAttributes(pond, '/note.txt', { owner: 'lab' }),
      (pond) => setAttributes(pond, '/log', { owner: 'lab' }),
      (pond) => pond.write(async (fs) => (await fs.root()).rename('/note.txt', '/note2.txt')),
      (pond) => pond.write(async (fs) => (await fs.root()).remove('/log/last')),
    ];
    const roots = new Set([contentRoot]);
    for (const change of changes) {
      const pond = await example();
      await change(pond);
      roots.add((await pond.fsck()).contentRoot);
      expect((await pond.fsck()).contentRoot).toBe(await rootByThePage(pond));
    }
    expect(roots.size).toBe(changes.length + 1);
  });
});
