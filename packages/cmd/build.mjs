// Bundles the command line into dist/: `pond.cjs` (what runs), `bundle/` (the code in parts) and `man/` (the manual).
//
// Libraries that are heavy are parts of their own. The workspace is split at each `import()` into chunks, and the chunks that
// a trial run of `--help`, of the readers and of the writers loads are packed into one file each: what a start needs is read
// and compiled in one go, and nothing else is. Everything is CommonJS with a V8 code cache beside it; what is imported from a
// library, or from a module of Node that is slow to load, is loaded at its first use and not at the start: see `lazy` below.
// `pond --help` over `node -e 0` on Node 20.20, medians of 40 pairs on two shared vCPUs, when all was one part:
// CommonJS with the cache 5.3 ms, without it 9.5, one ESM file 18.5, ESM with splitting 21.8.
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';
import { loadManual } from './load-manual.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const dist = `${here}dist`;
const bundle = `${dist}/bundle`;

/** Modules of Node that cost between 1 and 5 ms. */
const SLOW_BUILTINS = [
  'crypto', 'zlib', 'child_process', 'fs/promises', 'timers/promises', 'stream', 'stream/promises', 'tty', 'os', 'readline', 'perf_hooks',
  'worker_threads', 'http', 'https', 'net', 'process',
];

/** Libraries that have no place on the way to `help`, `list`, `show`, `log` and `init`. */
const PARTS = {
  'duckdb.cjs': ['@duckdb/node-api'],
  'hyparquet.cjs': ['hyparquet'],
  'hyparquet-compressors.cjs': ['hyparquet-compressors'],
  'hyparquet-writer.cjs': ['hyparquet-writer'],
  'apache-arrow.cjs': ['apache-arrow'],
  'cli-progress.cjs': ['cli-progress'],
  'yazl.cjs': ['yazl'],
  'string-width.cjs': ['string-width'],
  's3.cjs': ['@aws-sdk/client-s3', '@smithy/node-http-handler', '@smithy/core/retry'],
  'age.cjs': ['age-encryption'],
  'tar-stream.cjs': ['tar-stream'],
};
/** Libraries that bring another version of a part's library: they keep their own. */
const KEEP_THEIR_OWN = { 'cli-progress.cjs': ['string-width'] };
/** Libraries in CommonJS that use others by `require`, which must not get the ES module of a library that has both. */
const REQUIRES_ITS_OWN = ['yazl.cjs', 'tar-stream.cjs'];
/** Whose dependency it is, when not this package's. */
const RESOLVED_FROM = {
  'hyparquet-compressors.cjs': '../delta', 's3.cjs': '../remote', 'age.cjs': '../remote', 'tar-stream.cjs': '../remote',
};
const PART_OF = new Map(Object.entries(PARTS).flatMap(([part, names]) => names.map((name) => [name, part])));

/**
 * Which chunks are packed together: those that these runs load. A process uses one pack, by the first word of its command line,
 * and whatever is not in it from files of their own, each of which costs half a millisecond. Within a pack chunks are bundled
 * once more: what they import from each other are variables of one scope then, and no getters.
 */
const PACKS = [
  { name: 'pack-help.cjs', runs: [['--help']], words: ['help'] },
  { name: 'pack-read.cjs', runs: [['--help'], ['list'], ['show', '--limit', '5'], ['log']], words: ['list', 'show', 'log'] },
  {
    name: 'pack-write.cjs', runs: [['init'], ['mkdir', '/b'], ['copy', '-', '/a/x']],
    words: ['init', 'mkdir', 'copy', 'cp', 'mv', 'rm', 'ln', 'touch', 'revert', 'config', 'maintain'],
  },
  {
    name: 'pack-sql.cjs', runs: [['sql', 'SELECT 1'], ['sql', "SELECT count(*) FROM '/s'"]],
    words: ['sql', 'append', 'count', 'describe', 'head', 'tail', 'plot', 'export'],
  },
];
/** Of the commands with a pack those whose start counts most: they have code caches that others do not add to. */
const QUICK = ['list', 'show', 'log', 'init', 'mkdir', 'copy', 'sql'];

/** Runs that fill the code cache: the commands whose start counts most. */
const WARM_UP = [
  ['--help'], ['list', '--help'], ['init'], ['mkdir', '/a'], ['copy', '-', '/a/x'], ['list'], ['show', '--limit', '5'], ['log'],
  ['cat', '/a/x'], ['no-such-command'],
  ['copy', '-', '/a/x.csv'], ['sql', 'SELECT 1'], ['sql', "SELECT count(*) FROM '/a/x.csv'"], ['cat', '/a/x.csv', '--format', 'csv'],
];

const nodeRequire = createRequire(import.meta.url);

/** Modules of Node that are a class, such as `stream`: libraries call `new` on the whole and inherit from it. */
const CALLABLE = `module.exports = exports = new Proxy(function () {}, {
  get: (_, name) => load()[name],
  construct: (_, args, made) => Reflect.construct(load(), args, made === exports ? load() : made),
  apply: (_, self, args) => load().apply(self, args),
});`;

/**
 * The same module with each export behind a getter, so that only its use loads it. What imports a default export gets the whole of
 * a CommonJS module in Node's way, so the whole has to be callable like it.
 */
const lazy = (specifier, names) => `
let loaded;
const load = () => (loaded ??= require(${JSON.stringify(specifier)}));
${specifier.startsWith('node:') && typeof nodeRequire(specifier) === 'function' ? CALLABLE : ''}
${names.includes('default') ? 'module.exports = exports = (...args) => load().default(...args);' : ''}
for (const name of ${JSON.stringify(names)}) Object.defineProperty(exports, name, { enumerable: true, get: () => load()[name] });
`;

const exportsOf = new Map();

/** By source of the workspace: the names that it imports from each module. Of a lazy one no other name gets a getter. */
const IMPORTED = new Map();
const packages = fileURLToPath(new URL('..', import.meta.url));
for (const name of readdirSync(packages, { recursive: true }).filter((path) => /^[a-z]+\/src\/.*\.ts$/.test(path))) {
  const text = readFileSync(`${packages}${name}`, 'utf8');
  const imports = new Map();
  for (const [, list, specifier] of text.matchAll(/^import \{([^}]*)\} from '([^']+)';/gm)) {
    const path = PART_OF.has(specifier) ? `./${PART_OF.get(specifier)}` : specifier;
    const names = list.split(',').map((item) => item.trim().split(' as ')[0]).filter((item) => item !== '' && !item.startsWith('type '));
    imports.set(path, [...imports.get(path) ?? [], ...names]);
  }
  // Who imports the whole of a module gets the whole of it.
  if (!/^import (?!type )[\w*]/m.test(text)) IMPORTED.set(`${packages}${name}`, imports);
}

function lazyParts(self) {
  return {
    name: 'lazy-parts',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /.*/ }, ({ path, namespace, kind, importer }) => {
        if (namespace.startsWith('lazy')) return { path, external: true };
        // What is imported when it is used is lazy as it is, and a module in between would leave its default export alone.
        const own = PART_OF.get(path);
        if (kind === 'dynamic-import' && own !== undefined && own !== self) return { path: `./${own}`, external: true };
        if (kind === 'dynamic-import' && SLOW_BUILTINS.includes(path.replace(/^node:/, ''))) return { path, external: true };
        // Sources of the workspace say which names they import; a library may use the module as a whole.
        const kept = IMPORTED.has(importer) ? 'lazy-names' : 'lazy';
        if (SLOW_BUILTINS.includes(path.replace(/^node:/, ''))) return { path: `node:${path.replace(/^node:/, '')}`, namespace: kept };
        const part = PART_OF.get(path);
        if (part === undefined || part === self || KEEP_THEIR_OWN[self]?.includes(path)) return undefined;
        return { path: `./${part}`, namespace: kept };
      });
      const load = (namespace, namesOf) => onLoad({ filter: /.*/, namespace }, ({ path }) => ({
        contents: lazy(path, namesOf(path)), loader: 'js', resolveDir: here,
      }));
      load('lazy', (path) => (path.startsWith('node:') ? Object.keys(nodeRequire(path)) : exportsOf.get(path.slice(2)) ?? []));
      load('lazy-names', (path) => [...new Set([...IMPORTED.values()].flatMap((imports) => imports.get(path) ?? []))]);
    },
  };
}

const inputs = {};

const OPTIONS = {
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  conditions: ['@duckpond/source', 'import'],
  mainFields: ['module', 'main'],
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
  absWorkingDir: here,
  external: ['@duckdb/node-bindings', '@resvg/resvg-js', '@mongodb-js/zstd'],
  metafile: true,
};
/** `import()` becomes `require`, which needs no ESM loader. Source maps are read with --debug alone. */
const COMMON_JS = {
  format: 'cjs', supported: { 'dynamic-import': false }, sourcesContent: false, define: { 'import.meta.url': 'undefined' },
};

async function bundleLibrary(part) {
  const [first, ...others] = PARTS[part];
  const from = fileURLToPath(new URL(RESOLVED_FROM[part] ?? '.', import.meta.url));
  const entry = others.length === 0
    ? { entryPoints: [first] }
    : { stdin: { contents: PARTS[part].map((name) => `export * from ${JSON.stringify(name)};`).join('\n'), resolveDir: from } };
  const { metafile } = await build({
    ...OPTIONS,
    ...COMMON_JS,
    ...entry,
    sourcemap: true,
    conditions: REQUIRES_ITS_OWN.includes(part) ? ['@duckpond/source'] : OPTIONS.conditions,
    outfile: `${bundle}/${part}`,
    absWorkingDir: from,
    plugins: [lazyParts(part)],
  });
  inputs[part] = Object.keys(metafile.inputs);
  exportsOf.set(part, Object.keys(nodeRequire(`${bundle}/${part}`)));
}

/** Where each name that a package of the workspace exports comes from: a file, or another package and its name for it. */
const sources = new Map();
function sourceOf(specifier, name) {
  let names = sources.get(specifier);
  if (names === undefined) {
    const directory = fileURLToPath(new URL(`../${specifier.slice('@duckpond/'.length)}/src/`, import.meta.url));
    const index = readFileSync(`${directory}index.ts`, 'utf8').replace(/\/\/.*$/gm, '');
    names = new Map();
    for (const [, list, from] of index.matchAll(/^export (?!type)\{([^}]*)\} from '([^']+)'/gm)) {
      for (const item of list.split(',').map((text) => text.trim())) if (item !== '' && !item.startsWith('type ')) names.set(item, from);
    }
    for (const [item, from] of names) names.set(item, from.startsWith('.') ? join(directory, from) : sourceOf(from, item));
    sources.set(specifier, names);
  }
  return names.get(name);
}

/**
 * A chunk that imports one name of a package would have the whole package: chunks are made of what files import, not of what
 * they use. So imports from an index are imports from the file behind it.
 */
const pastIndexes = {
  name: 'past-indexes',
  setup({ onLoad }) {
    onLoad({ filter: /packages\/[a-z]+\/src\/.*\.ts$/ }, ({ path }) => ({
      loader: 'ts',
      contents: readFileSync(path, 'utf8').replace(/^import \{([^}]*)\} from '(@duckpond\/[a-z]+)';/gm, (statement, list, specifier) => {
        const items = list.split(',').map((text) => text.trim()).filter((text) => text !== '' && !text.startsWith('type '));
        const lines = items.map((item) => {
          const source = sourceOf(specifier, item.split(' as ')[0].trim());
          if (source === undefined) throw new Error(`${path} imports ${item} from ${specifier}, whose index has no such name`);
          return `import { ${item} } from ${JSON.stringify(source)};`;
        });
        return lines.join(' ') + '\n'.repeat(statement.split('\n').length - 1);
      }),
    }));
  },
};

/** By chunk: its text as ESM. */
const chunkTexts = new Map();

/** The workspace in chunks; `main.cjs` is where it starts. esbuild splits ESM alone, so each chunk becomes CommonJS afterwards. */
async function bundleWorkspace() {
  const { outputFiles, metafile } = await build({
    ...OPTIONS,
    entryPoints: { main: 'src/bin/pond.ts' },
    outdir: bundle,
    outExtension: { '.js': '.cjs' },
    chunkNames: '[name]-[hash]',
    format: 'esm',
    splitting: true,
    sourcemap: 'inline',
    sourcesContent: false,
    write: false,
    plugins: [lazyParts(undefined), pastIndexes],
  });
  for (const file of outputFiles) {
    const name = basename(file.path);
    chunkTexts.set(name, file.text.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'));
    const { code, map } = await transform(file.text, { ...COMMON_JS, platform: 'node', minify: true, sourcemap: 'external', sourcefile: name });
    writeFileSync(`${bundle}/${name}`, `${code}//# sourceMappingURL=${name}.map\n`);
    writeFileSync(`${bundle}/${name}.map`, map);
  }
  for (const [path, { inputs: from }] of Object.entries(metafile.outputs)) inputs[basename(path)] = Object.keys(from);
}

/** The file that starts: it knows each part by its hash, which pack has which chunks, and which is for which command. */
function writeBoot(packs) {
  const parts = readdirSync(bundle).filter((name) => name.endsWith('.cjs'));
  const known = {
    HASHES: Object.fromEntries(parts.map((part) =>
      [part, createHash('sha256').update(readFileSync(`${bundle}/${part}`)).digest('hex').slice(0, 16)])),
    CHUNKS: Object.fromEntries(packs.map(({ name, chunks }) => [name, chunks])),
    PACK_FOR: Object.fromEntries(packs.flatMap(({ name, words }) => words.map((word) => [word, name]))),
    QUICK,
  };
  const boot = readFileSync(`${here}boot.cjs`, 'utf8')
    .replace(/^const (HASHES|CHUNKS|PACK_FOR|QUICK) = .*$/gm, (_, name) => `const ${name} = ${JSON.stringify(known[name])};`);
  writeFileSync(`${dist}/pond.cjs`, boot);
  chmodSync(`${dist}/pond.cjs`, 0o755);
}

/** Runs the built command in a scratch directory, as `npm start` and cron do: with none of the build's own environment. */
function trial(scratch, words, mode, pond = 'pond') {
  const env = { ...process.env, POND: `${scratch}/${pond}`, POND_CODE_CACHE: mode, NODE_EXTRA_CA_CERTS: undefined };
  return spawnSync(process.execPath, [`${dist}/pond.cjs`, ...words], { env, cwd: scratch, input: 'x', encoding: 'utf8' });
}

/** The chunks that a group of runs loads, in the order in which they are loaded. */
function chunksOf(scratch, runs) {
  const chunks = new Set();
  for (const words of runs) {
    const { stderr } = trial(scratch, words, 'trace', words[0] === 'init' ? 'new-pond' : undefined);
    for (const [, part] of stderr.matchAll(/^LOADED (\S+)$/gm)) if (PARTS[part] === undefined) chunks.add(part);
  }
  return chunks;
}

/** One script out of several chunks: an object with a function for each, which evaluates it and gives its exports. */
async function bundlePack(pack, chunks) {
  const members = chunks.map((chunk) => `${JSON.stringify(chunk)}: () => require('./${chunk}')`);
  const { outputFiles: [file] } = await build({
    ...OPTIONS,
    ...COMMON_JS,
    stdin: { contents: `module.exports = {${members.join(',')}};`, resolveDir: bundle },
    write: false,
    plugins: [{
      name: 'chunks-of-the-pack',
      setup({ onResolve, onLoad }) {
        onResolve({ filter: /.*/ }, ({ path }) =>
          (chunks.includes(path.slice(2)) ? { path: path.slice(2), namespace: 'chunk' } : { path, external: true }));
        onLoad({ filter: /.*/, namespace: 'chunk' }, ({ path }) => ({ contents: chunkTexts.get(path), loader: 'js' }));
      },
    }],
  });
  writeFileSync(`${bundle}/${pack}`, file.text);
  inputs[pack] = chunks.flatMap((chunk) => inputs[chunk] ?? []);
}

async function packChunks(scratch) {
  writeBoot([]);
  writeFileSync(`${scratch}/s.csv`, 'time,a\n2020-01-01,1\n');
  for (const words of [['init'], ['mkdir', '/a'], ['copy', `host+csv+series://${scratch}/s.csv`, '/s']]) trial(scratch, words, 'trace');
  const packs = PACKS.map((pack) => ({ ...pack, chunks: [...chunksOf(scratch, pack.runs)] }));
  for (const { name, chunks } of packs) await bundlePack(name, chunks);
  writeBoot(packs);
}

rmSync(bundle, { recursive: true, force: true });
mkdirSync(bundle, { recursive: true });
// The names of a part's exports must be known before a part that uses it is bundled; nothing is in use twice in a row.
const USED_BY_OTHERS = ['hyparquet.cjs', 'hyparquet-compressors.cjs', 'hyparquet-writer.cjs', 'apache-arrow.cjs', 'duckdb.cjs'];
for (const part of new Set([...USED_BY_OTHERS, ...Object.keys(PARTS)])) await bundleLibrary(part);
await bundleWorkspace();

const scratch = mkdtempSync(`${tmpdir()}/pond-build-`);
try {
  await packChunks(scratch);
  // Each run adds the functions that it compiled to the caches that are packed.
  const series = [['copy', `host+csv+series://${scratch}/s.csv`, '/s'], ['sql', "SELECT avg(a) FROM '/s' WHERE time > '2019-01-01'"]];
  for (const words of [...WARM_UP, ...series]) trial(scratch, words, 'build', 'warm-up');
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
writeFileSync(`${dist}/meta.json`, JSON.stringify(inputs));
rmSync(`${dist}/site`, { recursive: true, force: true });
cpSync(`${here}../sitegen/dist/client`, `${dist}/site`, { recursive: true });

const { manPages } = await loadManual();
rmSync(`${dist}/man`, { recursive: true, force: true });
mkdirSync(`${dist}/man`);
for (const [name, text] of Object.entries(manPages)) writeFileSync(`${dist}/man/${name}`, text);
