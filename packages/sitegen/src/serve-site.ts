import { createReadStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, sep } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseConfig } from '@duckpond/factories';
import type { RunContext, RunOutcome } from '@duckpond/pond';
import { isComputedNode } from '@duckpond/tinyfs';
import { SiteError } from './errors.ts';
import { type SiteConfig, siteSchema } from './site-config.ts';

const FIRST_PORT = 8380;
const LOOK_MILLIS = 700;

/** What a page that is served holds beside its own: it loads again when the site was built again. It is in no file. */
const RELOAD = '<script>new EventSource("/.reload").onmessage=()=>location.reload()</script>';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml',
  '.json': 'application/json', '.xml': 'application/xml', '.png': 'image/png', '.jpg': 'image/jpeg', '.webp': 'image/webp',
  '.wasm': 'application/wasm', '.parquet': 'application/vnd.apache.parquet', '.woff2': 'font/woff2', '.txt': 'text/plain; charset=utf-8',
};

/**
 * Builds the site into a directory of its own and serves it on the loopback address, until the run is interrupted. A change of the pond, or
 * of a config of the host, builds it again, and what browsers show is loaded again.
 *
 * @throws SiteError `bad-page` for a port that is none, `busy` for one that is taken
 */
export async function serveSite(
  context: Omit<RunContext, 'config'> & { readonly config: SiteConfig },
  build: (directory: string, config: SiteConfig) => Promise<unknown>,
  portText: string | undefined,
): Promise<RunOutcome> {
  const { pond, signal, note } = context;
  const port = portText === undefined ? undefined : Number(portText);
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port < 65_536)) {
    throw new SiteError('bad-page', `Cannot serve on ${JSON.stringify(portText)}: it is no port, a number from 0 to 65535 was wanted`);
  }
  const directory = mkdtempSync(join(tmpdir(), 'pond-site-'));
  const listeners = new Set<ServerResponse>();
  let server: Server | undefined;
  try {
    await build(directory, context.config);
    const base = context.config.site.base_url;
    server = await listening((request, response) => { answer(directory, base, listeners, request, response); }, port);
    const address = server.address() as AddressInfo;
    note(`http://127.0.0.1:${address.port}${base} shows the site; Ctrl-C ends it`);
    let before = await stateOf(context);
    while (!signal.aborted) {
      await wait(LOOK_MILLIS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) break;
      const now = await stateOf(context);
      if (now.key === before.key) continue;
      before = now;
      try {
        await build(directory, parseConfig(siteSchema, now.config, context.path));
        note(`built again at transaction ${(await pond.transaction()).txnSeq}`);
        for (const listener of listeners) listener.write('data: built\n\n');
      } catch (error) {
        if (signal.aborted) break;
        // What is shown stays, and the next change may mend it.
        note(error instanceof Error ? error.message : String(error));
      }
    }
    return { state: 'done', items: [] };
  } finally {
    for (const listener of listeners) listener.end();
    server?.closeAllConnections();
    server?.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The config as it is now, and what changes whenever the site may. */
async function stateOf({ pond, path }: Pick<RunContext, 'pond' | 'path'>): Promise<{ readonly key: string; readonly config: string }> {
  const { txnSeq } = await pond.transaction();
  const [, file] = /^host\+[a-z]+:\/\/(\/.*)$/.exec(path) ?? [];
  const config = file === undefined
    ? await pond.read(async (fs) => {
      const { node } = await (await fs.root()).get(path);
      return isComputedNode(node) ? node.computed.config : '';
    })
    : await readFile(decodeURIComponent(file), 'utf8');
  return { key: JSON.stringify([txnSeq, config]), config };
}

/** The port that was asked for, or the first free one. */
async function listening(
  handle: (request: IncomingMessage, response: ServerResponse) => void, port: number | undefined,
): Promise<Server> {
  const wanted = port === undefined ? Array.from({ length: 20 }, (_, at) => FIRST_PORT + at) : [port];
  for (const one of wanted) {
    const server = createServer(handle);
    const failure = await new Promise<unknown>((resolve) => {
      server.once('error', resolve);
      server.listen(one, '127.0.0.1', () => { resolve(undefined); });
    });
    if (failure === undefined) return server;
  }
  throw new SiteError('busy', `Cannot serve on port ${wanted.join(', ')}: it is taken, a free one was wanted`);
}

function answer(
  directory: string, base: string, listeners: Set<ServerResponse>, request: IncomingMessage, response: ServerResponse,
): void {
  const path = pathOf(request.url ?? '/');
  if (path === '/.reload') {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write('\n');
    listeners.add(response);
    response.on('close', () => listeners.delete(response));
    return;
  }
  const below = path?.startsWith(base) === true ? path.slice(base.length) : undefined;
  const file = below === undefined ? undefined : fileOf(directory, below);
  if (file === undefined && below !== undefined && isDirectory(join(directory, below))) {
    response.writeHead(302, { location: `${base}${below.split('/').map(encodeURIComponent).join('/')}/` }).end();
    return;
  }
  const shown = file ?? join(directory, '404.html');
  const type = TYPES[extname(shown)] ?? 'application/octet-stream';
  response.writeHead(file === undefined ? 404 : 200, {
    'content-type': type, 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff',
  });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  const stream = createReadStream(shown);
  // What is gone while it is read is built anew: the browser asks again.
  stream.on('error', () => response.destroy());
  stream.pipe(response, { end: false });
  stream.on('end', () => response.end(extname(shown) === '.html' ? RELOAD : undefined));
}

function pathOf(url: string): string | undefined {
  try {
    return decodeURIComponent(new URL(url, 'http://127.0.0.1').pathname);
  } catch {
    return undefined;
  }
}

/** The file of an address; undefined for none, and for what is outside. */
function fileOf(directory: string, below: string): string | undefined {
  const path = join(directory, below === '' || below.endsWith('/') ? `${below}index.html` : below);
  if (!path.startsWith(`${directory}${sep}`) || path.includes('\0')) return undefined;
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true ? path : undefined;
}

function isDirectory(path: string): boolean {
  return !path.includes('\0') && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
