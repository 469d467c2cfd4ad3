// Bundles the command line into dist/: `pond.cjs` (what runs), `bundle/` (the code in parts) and `man/` (the manual).
//
// CommonJS in a few parts, each with a V8 code cache beside it. What is imported from another part, or from a module of
// Node that is slow to load, is loaded at its first use and not at the start: see `lazy` below.
// `pond --help` over `node -e 0` on Node 20.20, medians of 40 pairs on two shared vCPUs, when all was one part:
// CommonJS with the cache 5.3 ms, without it 9.5, one ESM file 18.5, ESM with splitting 21.8.
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { loadManual } from './load-manual.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const dist = `${here}dist`;
const bundle = `${dist}/bundle`;

/** Modules of Node that cost between 1 and 5 ms. */
const SLOW_BUILTINS = [
  'crypto', 'zlib', 'child_process', 'fs/promises', 'timers/promises', 'stream', 'stream/promises', 'tty', 'os', 'readline', 'perf_hooks',
  'worker_threads', 'http', 'https', 'net',
];

/** Parts: what must be shared, and libraries that have no place on the way to `help`, `list`, `show`, `log` and `init`. */
const PARTS = {
  'pond.cjs': ['@duckpond/pond', '@duckpond/tinyfs'],
  'query.cjs': ['@duckpond/query'],
  'duckdb.cjs': ['@duckdb/node-api'],
  'hyparquet.cjs': ['hyparquet'],
  'hyparquet-compressors.cjs': ['hyparquet-compressors'],
  'hyparquet-writer.cjs': ['hyparquet-writer'],
  'apache-arrow.cjs': ['apache-arrow'],
  'cli-progress.cjs': ['cli-progress'],
  'yazl.cjs': ['yazl'],
  'string-width.cjs': ['string-width'],
};
/** Libraries that bring another version of a part's library: they keep their own. */
const KEEP_THEIR_OWN = { 'cli-progress.cjs': ['string-width'] };
/** Libraries in CommonJS that use others by `require`, which must not get the ES module of a library that has both. */
const REQUIRES_ITS_OWN = ['yazl.cjs'];
/** Whose dependency it is, when not this package's. */
const RESOLVED_FROM = { 'hyparquet-compressors.cjs': '../delta' };
const PART_OF = new Map(Object.entries(PARTS).flatMap(([part, names]) => names.map((name) => [name, part])));

/** Runs that fill the code cache: the commands whose start counts most. */
const WARM_UP = [
  ['--help'], ['list', '--help'], ['init'], ['mkdir', '/a'], ['copy', '-', '/a/x'], ['list'], ['show', '--limit', '5'], ['log'],
  ['cat', '/a/x'], ['no-such-command'],
  ['copy', '-', '/a/x.csv'], ['sql', 'SELECT 1'], ['sql', "SELECT count(*) FROM '/a/x.csv'"], ['cat', '/a/x.csv', '--format', 'csv'],
];

/**
 * The same module with each export behind a getter, so that only its use loads it. What imports a default export gets the whole of
 * a CommonJS module in Node's way, so the whole has to be callable like it.
 */
const lazy = (specifier, names) => `
let loaded;
const load = () => (loaded ??= require(${JSON.stringify(specifier)}));
${names.includes('default') ? 'module.exports = exports = (...args) => load().default(...args);' : ''}
for (const name of ${JSON.stringify(names)}) Object.defineProperty(exports, name, { enumerable: true, get: () => load()[name] });
`;

const nodeRequire = createRequire(import.meta.url);
const exportsOf = new Map();

function lazyParts(self, used) {
  return {
    name: 'lazy-parts',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /.*/ }, ({ path, namespace }) => {
        if (namespace === 'lazy') return { path, external: true };
        if (SLOW_BUILTINS.includes(path.replace(/^node:/, ''))) return { path: `node:${path.replace(/^node:/, '')}`, namespace: 'lazy' };
        const part = PART_OF.get(path);
        if (part === undefined || part === self || KEEP_THEIR_OWN[self]?.includes(path)) return undefined;
        used.add(part);
        return { path: `./${part}`, namespace: 'lazy' };
      });
      onLoad({ filter: /.*/, namespace: 'lazy' }, ({ path }) => ({
        contents: lazy(path, path.startsWith('node:') ? Object.keys(nodeRequire(path)) : exportsOf.get(path.slice(2)) ?? []),
        loader: 'js',
        resolveDir: here,
      }));
    },
  };
}

const inputs = {};

async function bundlePart(part, entry) {
  const used = new Set();
  const { metafile } = await build({
    ...entry,
    outfile: `${bundle}/${part}`,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20.19',
    conditions: REQUIRES_ITS_OWN.includes(part) ? ['@duckpond/source'] : ['@duckpond/source', 'import'],
    mainFields: ['module', 'main'],
    minify: true,
    // Read with --debug alone, so that its stacks name functions and lines.
    sourcemap: true,
    sourcesContent: false,
    legalComments: 'none',
    logLevel: 'warning',
    absWorkingDir: fileURLToPath(new URL(RESOLVED_FROM[part] ?? '.', import.meta.url)),
    // `import()` becomes `require`, which needs no ESM loader.
    supported: { 'dynamic-import': false },
    external: ['@duckdb/node-bindings', '@resvg/resvg-js'],
    plugins: [lazyParts(part, used)],
    metafile: true,
  });
  Object.assign(inputs, { [part]: { uses: [...used], inputs: Object.keys(metafile.inputs) } });
  return used;
}

rmSync(bundle, { recursive: true, force: true });
mkdirSync(bundle, { recursive: true });
// The names of a part's exports must be known before a part that uses it is bundled; nothing is in use twice in a row.
const USED_BY_OTHERS = [
  'hyparquet.cjs', 'hyparquet-compressors.cjs', 'hyparquet-writer.cjs', 'apache-arrow.cjs', 'duckdb.cjs', 'query.cjs',
];
const order = [...USED_BY_OTHERS, ...Object.keys(PARTS)];
for (const part of new Set(order)) {
  const [first, ...others] = PARTS[part];
  await bundlePart(part, others.length === 0
    ? { entryPoints: [first] }
    : { stdin: { contents: PARTS[part].map((name) => `export * from ${JSON.stringify(name)};`).join('\n'), resolveDir: here } });
  exportsOf.set(part, Object.keys(nodeRequire(`${bundle}/${part}`)));
}
await bundlePart('main.cjs', { entryPoints: ['src/bin/pond.ts'] });
writeFileSync(`${dist}/meta.json`, JSON.stringify(inputs));

const hashes = Object.fromEntries(['main.cjs', ...Object.keys(PARTS)].map((part) =>
  [part, createHash('sha256').update(readFileSync(`${bundle}/${part}`)).digest('hex').slice(0, 16)]));
const boot = readFileSync(`${here}boot.cjs`, 'utf8').replace('const HASHES = {};', `const HASHES = ${JSON.stringify(hashes)};`);
writeFileSync(`${dist}/pond.cjs`, boot);
chmodSync(`${dist}/pond.cjs`, 0o755);

const { manPages } = await loadManual();
rmSync(`${dist}/man`, { recursive: true, force: true });
mkdirSync(`${dist}/man`);
for (const [name, text] of Object.entries(manPages)) writeFileSync(`${dist}/man/${name}`, text);

// Each run adds the functions that it compiled to the caches that are packed.
const scratch = mkdtempSync(`${tmpdir()}/pond-build-`);
try {
  const env = { ...process.env, POND: `${scratch}/pond`, POND_CODE_CACHE: 'build', NODE_EXTRA_CA_CERTS: undefined };
  const options = { env, cwd: scratch, input: 'x', stdio: ['pipe', 'ignore', 'ignore'] };
  for (const words of WARM_UP) spawnSync(process.execPath, [`${dist}/pond.cjs`, ...words], options);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
