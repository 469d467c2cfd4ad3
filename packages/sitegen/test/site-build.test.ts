import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPond, importRows, openPond, openRowImporter, type Pond } from '@duckpond/pond';
import { FACTORIES } from '@duckpond/factories';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildSite } from '../src/build.ts';
import type { ChartData } from '../src/chart-data.ts';
import { siteSchema } from '../src/site-config.ts';

const HOSTILE = '<img src=x onerror=alert(1)>"\'&*_`</script>';
let directory: string;
let pond: Pond;
const config = siteSchema.parse({
  site: { title: `Bay ${HOSTILE}`, site_url: 'https://example.org', base_url: '/water/', default_range: '2d' },
  exports: [{ name: 'stations', pattern: '/data/*.csv' }],
  labels: { DO: `Oxygen ${HOSTILE}` },
  feed: { section: 'News' },
  routes: [{
    name: 'home', type: 'static', slug: '', page: '/site/index.md',
    routes: [
      { name: 'station', type: 'template', slug: 'stations/$0', page: '/site/station.md', export: 'stations', annotations: [{ from: '2024-01-02', text: HOSTILE }] },
      { name: 'news', type: 'static', slug: 'news', page: '/site/news.md' },
    ],
  }],
});
const build = () => buildSite({
  pond, config, directory: join(directory, 'out'), assetsDirectory: join(directory, 'assets'),
  signal: new AbortController().signal, progress: () => undefined,
});
const read = (path: string): string => readFileSync(join(directory, 'out', path), 'utf8');
const files = (): readonly string[] => readdirSync(join(directory, 'out'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(join(directory, 'out').length + 1)).sort();
const csv = (hours: number): string => [`timestamp,A.DO.mg/L.avg,A.DO.mg/L.min,A.DO.mg/L.max,"${HOSTILE.replaceAll('"', '""')}.T.C.avg"`,
  ...Array.from({ length: hours }, (_, at) => `${new Date(Date.UTC(2024, 0, 1, at)).toISOString()},${at},${at - 1},${at + 1},${at % 5 === 0 ? '' : at / 2}`)].join('\n');

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'duckpond-site-'));
  mkdirSync(join(directory, 'assets'));
  for (const name of ['site.css', 'charts.js', 'page.js', 'offline.js', 'worker.js']) writeFileSync(join(directory, 'assets', name), `/* ${name} */`);
  await (await createPond(join(directory, 'pond'))).close();
  pond = await openPond(join(directory, 'pond'), { factories: FACTORIES });
  await write({
    '/data/North.csv': csv(72), [`/data/${HOSTILE.replaceAll('/', '-')}.csv`]: csv(48),
    '/site/index.md': '---\ntitle: Home\n---\n\n{{ nav_list() }}\n\n{{ overlay("stations", quantity="DO") }}\n\n\\{{ not a shortcode }}\n',
    '/site/station.md': '---\ntitle: $0\n---\n\nStation $0, or {{ cap0 }}: [link](../$0/).\n\n{{ current() }}\n\n{{ chart("1d") }}\n',
    '/site/news.md': `---\ntitle: "News"\nsection: News\ndate: 2024-01-03\nsummary: '${HOSTILE.replaceAll("'", "''")}'\n---\n\nText.\n`,
  });
});
afterAll(async () => {
  await pond.close();
  rmSync(directory, { recursive: true, force: true });
});

async function write(texts: Readonly<Record<string, string>>): Promise<void> {
  await pond.write(async (fs) => {
    const root = await fs.root();
    for (const [path, text] of Object.entries(texts)) await root.write(path, [Buffer.from(text)], { parents: true });
  });
}

const dataOf = (page: string): ChartData => JSON.parse(/class="chart-data">([^<]*)<\/script>/.exec(page)?.[1] ?? '') as ChartData;

it('a site is built: pages, tiles with the rows of the pond, feed, map and search', async () => {
  const report = await build();
  expect(report).toMatchObject({ pages: 4, items: 2, kept: 0, removed: 0 });
  expect(files().filter((path) => path.endsWith('.html'))).toContain('stations/North/index.html');
  const page = read('stations/North/index.html');
  const { sources: [source], panels, extent, view } = dataOf(page);
  expect(extent).toEqual({ from: Date.UTC(2024, 0, 1), to: Date.UTC(2024, 0, 4) });
  expect(view.to - view.from).toBe(86_400_000);
  expect(panels.map(({ title, unit }) => [title, unit])).toEqual([[`Oxygen ${HOSTILE}`, 'mg/L'], ['T', 'C']]);
  const url = join('stations/North', source?.resolutions[0]?.tiles[0]?.url ?? '');
  const rows = await parquetReadObjects({ file: new Uint8Array(readFileSync(join(directory, 'out', decodeURIComponent(url)))).buffer });
  expect(rows).toHaveLength(72);
  expect(rows[7]).toMatchObject({ timestamp: new Date(Date.UTC(2024, 0, 1, 7)), 'A.DO.mg/L.avg': 7, 'A.DO.mg/L.min': 6 });
  expect(rows[5]?.[`${HOSTILE}.T.C.avg`]).toBeNull();
  expect(read('feed.xml')).toContain('<link>https://example.org/water/news/</link>');
  expect(read('sitemap.xml')).toContain('<loc>https://example.org/water/stations/North/</loc>');
  expect(JSON.parse(read('search.json'))).toHaveLength(4);
  expect(read('index.html')).toContain('{{ not a shortcode }}');
});

it('every text is text, whatever is in it', () => {
  for (const path of files().filter((name) => /\.(html|xml)$/.test(name))) {
    const text = read(path);
    expect(text).not.toMatch(/<img src=x/i);
    expect(text.match(/<\/script>/g)?.length ?? 0).toBe(text.match(/<script[ >]/g)?.length ?? 0);
  }
  const hostile = files().find((path) => path.startsWith('stations/') && !path.includes('North')) ?? '';
  const page = read(hostile);
  // The name of a file is not formatted, either.
  expect(page).not.toMatch(/<em>|<code>`/);
  expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;');
});

it('built again, nothing is touched; with new rows, only what they are in', async () => {
  const before = new Map(files().map((path) => [path, statSync(join(directory, 'out', path)).mtimeMs]));
  expect(await build()).toMatchObject({ written: 0, removed: 0 });
  expect(new Map(files().map((path) => [path, statSync(join(directory, 'out', path)).mtimeMs]))).toEqual(before);
  await write({ '/data/North.csv': csv(73) });
  const report = await build();
  expect(report.removed).toBe(1);
  expect(files().filter((path) => path.startsWith('data/stations/') && !path.includes('North')).every((path) => before.has(path))).toBe(true);
});

it('a series that grows, also with late rows, gets the tiles that a first build would make', async () => {
  const rows = (from: number, count: number): string => ['timestamp,DO.mg/L',
    ...Array.from({ length: count }, (_, at) => `${new Date(Date.UTC(2020, 0, 1, from + at)).toISOString()},${(from + at) % 97}`)].join('\n');
  const append = async (text: string): Promise<void> => {
    writeFileSync(join(directory, 'rows.csv'), text);
    const importer = await openRowImporter(pond);
    await pond.write(async (fs) => importRows(
      importer, await fs.root(), '/series/a.series', { kind: 'file', format: 'csv', paths: [join(directory, 'rows.csv')], options: {} }, { kind: 'series' },
    ));
    await importer.close();
  };
  await append(rows(0, 20_000));
  await pond.write(async (fs) => {
    await (await fs.root()).create('/reduced', {
      kind: 'directory',
      computed: { factory: 'temporal-reduce', config: 'in_pattern: /series/*.series\nout_pattern: $0\nresolutions: [1h, 1d, 1mo]\naggregations:\n  - type: avg\n' },
    }, { parents: true });
  });
  const own = siteSchema.parse({
    site: { title: 'Growing' }, exports: [{ name: 'raw', pattern: '/series/*.series' }, { name: 'reduced', pattern: '/reduced/*', target_points: 300 }],
    routes: [{ name: 'home', type: 'static', slug: '', page: '/site/growing.md' }],
  });
  await write({ '/site/growing.md': '# Growing\n\n{{ chart(export="reduced") }}\n\n{{ current(export="raw") }}\n' });
  const to = (name: string) => buildSite({
    pond, config: own, directory: join(directory, name), assetsDirectory: join(directory, 'assets'), signal: new AbortController().signal,
    progress: () => undefined,
  });
  const all = (name: string) => new Map(readdirSync(join(directory, name), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    .map((entry) => [join(entry.parentPath, entry.name).slice(join(directory, name).length), readFileSync(join(entry.parentPath, entry.name), 'utf8')]));
  await to('growing');
  const tiles = [...all('growing').keys()].filter((path) => path.endsWith('.parquet')).length;
  for (const more of [rows(20_000, 24), rows(15_000, 3), rows(30_000, 1)]) {
    await append(more);
    const { written } = await to('growing');
    expect(written).toBeLessThan(tiles);
    await to(`fresh-${more.length}`);
    const [grown, fresh] = [all('growing'), all(`fresh-${more.length}`)];
    expect([...fresh.keys()].filter((path) => grown.get(path) !== fresh.get(path))).toEqual([]);
    expect(grown.size).toBe(fresh.size);
  }
}, 60_000);

it('a directory that was never built into is left alone', async () => {
  mkdirSync(join(directory, 'mine'));
  writeFileSync(join(directory, 'mine', 'thesis.txt'), 'x');
  await expect(buildSite({
    pond, config, directory: join(directory, 'mine'), assetsDirectory: join(directory, 'assets'),
    signal: new AbortController().signal, progress: () => undefined,
  })).rejects.toMatchObject({ code: 'foreign-files' });
  expect(readdirSync(join(directory, 'mine'))).toEqual(['thesis.txt']);
});
