import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FACTORIES } from '@duckpond/factories';
import { createPond, openPond } from '@duckpond/pond';
import { build } from 'esbuild';
import { buildSite } from '../src/build.ts';
import { siteSchema } from '../src/site-config.ts';

/** Where Debian has it; without it the tests in a browser are skipped by name. */
export const CHROMIUM = '/usr/bin/chromium';

export interface BrowserSite {
  readonly url: string;
  /** Paths of what was asked for since the last look. */
  requests(): readonly string[];
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.json': 'application/json', '.xml': 'application/xml',
};
const HOUR = 3_600_000;
const YEARS = 3;
export const END = Date.UTC(2024, 0, 1);
const START = END - YEARS * 365 * 24 * HOUR;

const page = (name: string, text: string): readonly [string, string] => [`/site/${name}.md`, text];

/** Three years of a station, hourly, by day and by week, built and served. One hour in 1999 has a spike; five days are missing. */
export async function browserSite(): Promise<BrowserSite> {
  const directory = mkdtempSync(join(tmpdir(), 'duckpond-browser-'));
  const assets = join(directory, 'assets');
  await buildClient(assets);
  await (await createPond(join(directory, 'pond'))).close();
  const pond = await openPond(join(directory, 'pond'), { factories: FACTORIES });
  const texts = [
    page('index', '---\ntitle: Bay\nsummary: Water of the bay\n---\n\n{{ current(export="stations") }}\n\n{{ nav_list() }}\n\n- [x] done\n\n| a | b |\n|---|---|\n| 1 | 2 |\n'),
    page('station', '---\ntitle: $0\n---\n\n{{ breadcrumb() }}\n\n{{ current() }}\n\n{{ chart() }}\n\n## More\n\n```sql\nSELECT 1\n```\n'),
  ] as const;
  await pond.write(async (fs) => {
    const root = await fs.root();
    for (const [path, text] of texts) await root.write(path, [Buffer.from(text)], { parents: true });
    for (const [step, label] of [[1, '1h'], [24, '1d'], [168, '1w']] as const) {
      await root.write(`/tmp/${label}.csv`, [Buffer.from(rowsOf(step))], { parents: true });
    }
  });
  for (const label of ['1h', '1d', '1w']) await derive(pond, `/tmp/${label}.csv`, `/reduced/North/res=${label}.series`);
  const config = siteSchema.parse({
    site: { title: 'Bay water', default_range: '7d', stale_after: '2d' }, exports: [{ name: 'stations', pattern: '/reduced/*' }],
    labels: { DO: 'Dissolved oxygen', S: 'Surface', B: 'Bottom' },
    routes: [{ name: 'home', type: 'static', slug: '', page: '/site/index.md',
      routes: [{ name: 'station', type: 'template', slug: '$0', page: '/site/station.md', export: 'stations',
        annotations: [{ from: '2023-12-28T00:00Z', to: '2023-12-29T00:00Z', text: 'Cleaned' }] }] }],
  });
  const out = join(directory, 'out');
  await buildSite({
    pond, config, directory: out, assetsDirectory: assets, signal: new AbortController().signal, progress: () => undefined,
  });
  await pond.close();
  const asked: string[] = [];
  const server = serve(out, asked);
  await new Promise<void>((done) => { server.listen(0, '127.0.0.1', done); });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    requests: () => asked.splice(0),
    async close() {
      server.closeAllConnections();
      await new Promise((done) => { server.close(done); });
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function derive(pond: Awaited<ReturnType<typeof openPond>>, from: string, to: string): Promise<void> {
  await pond.write(async (fs) => {
    await (await fs.root()).create(to, {
      kind: 'series', computed: { factory: 'sql-derived-series', config: `patterns:\n  source: ${from}\n` },
    }, { parents: true });
  });
}

function rowsOf(stepHours: number): string {
  const lines = ['timestamp,S.DO.mg/L.avg,S.DO.mg/L.min,S.DO.mg/L.max,B.DO.mg/L.avg,S.Temperature.C.avg'];
  for (let at = START; at < END; at += stepHours * HOUR) {
    const age = END - at;
    if (stepHours === 1 && age > 3 * 24 * HOUR && age < 4 * 24 * HOUR) continue;
    const value = 8 + 2 * Math.sin(at / (24 * HOUR)) + Math.sin(at / (60 * 24 * HOUR));
    lines.push(`${new Date(at).toISOString()},${value.toFixed(3)},${(value - 0.5).toFixed(3)},${(value + 0.5).toFixed(3)},${(value - 2).toFixed(3)},${(20 - value).toFixed(2)}`);
  }
  return lines.join('\n');
}

async function buildClient(outdir: string): Promise<void> {
  const here = fileURLToPath(new URL('../', import.meta.url));
  mkdirSync(outdir, { recursive: true });
  await build({
    absWorkingDir: here, outdir, bundle: true, minify: true, format: 'esm', target: 'es2022', logLevel: 'error', entryNames: '[name]',
    entryPoints: ['charts', 'page', 'offline', 'worker'].map((name) => `src/client/${name}.ts`).concat('src/theme/site.css'),
  });
}

function serve(directory: string, asked: string[]): Server {
  return createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://x');
    asked.push(pathname);
    const path = join(directory, decodeURIComponent(pathname.endsWith('/') ? `${pathname}index.html` : pathname));
    if (!path.startsWith(directory) || dirname(path) === '' || !existsSync(path)) {
      response.writeHead(404, { 'content-type': 'text/html' }).end(readFileSync(join(directory, '404.html')));
      return;
    }
    response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(readFileSync(path));
  });
}
