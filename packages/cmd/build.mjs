// Bundles the command line into dist/: `pond.cjs` (what runs), `bundle/` (the code) and `man/` (the manual).
//
// One CommonJS file with everything light, heavy libraries as files of their own that are required when first used,
// and a V8 code cache beside it. `pond --help` over `node -e 0` on Node 20.20, medians of 40 pairs on two shared vCPUs:
// this 5.3 ms, the same without the cache 9.5, one ESM file 18.5, ESM with splitting 21.8.
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { loadManual } from './load-manual.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const dist = `${here}dist`;
const bundle = `${dist}/bundle`;

/** Libraries that must never load on the way to `help`, `list`, `show`, `log` and `init`, each bundled into its own file. */
const HEAVY = ['apache-arrow', 'hyparquet-writer', 'csv-stringify/sync', 'cli-progress', 'string-width', 'parquet-wasm', '@aws-sdk/client-s3', 'nunjucks', 'yaml'];
/** Has a native part: stays a dependency of the package. */
const EXTERNAL = ['@duckdb/node-api'];

/** The commands whose start counts most. */
const WARM_UP = [['--help'], ['list', '--help'], ['init'], ['mkdir', '/a'], ['copy', '-', '/a/x'], ['list'], ['show'], ['log'], ['cat', '/a/x'], ['no-such-command']];

const common = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20.19',
  conditions: ['@duckpond/source', 'import'],
  mainFields: ['module', 'main'],
  minify: true,
  keepNames: false,
  legalComments: 'none',
  logLevel: 'warning',
  absWorkingDir: here,
  define: { 'import.meta.url': '__importMetaUrl' },
  banner: { js: "var __importMetaUrl=require('node:url').pathToFileURL(__filename).href;" },
  // `import()` becomes `require`, which needs no ESM loader.
  supported: { 'dynamic-import': false },
};

export const libraryFile = (name) => `${name.replace(/^@/, '').replaceAll('/', '-')}.cjs`;

/** Points imports of heavy libraries at their own files, and gives commander a `node:child_process` that is loaded when used. */
function lazyLibraries(used) {
  return {
    name: 'lazy-libraries',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^[^./]/ }, ({ path, importer }) => {
        if (HEAVY.includes(path)) {
          used.add(path);
          return { path: `./${libraryFile(path)}`, external: true };
        }
        if (path === 'node:child_process' && /[\\/]commander[\\/]/.test(importer)) return { path: 'child_process', namespace: 'lazy-node' };
        return undefined;
      });
      onLoad({ filter: /.*/, namespace: 'lazy-node' }, ({ path }) => ({
        contents: `exports.spawn = (...args) => require('node:${path}').spawn(...args);`,
        loader: 'js',
      }));
    },
  };
}

rmSync(bundle, { recursive: true, force: true });
mkdirSync(bundle, { recursive: true });
const used = new Set();
const { metafile } = await build({
  ...common,
  entryPoints: ['src/bin/pond.ts'],
  outfile: `${bundle}/main.cjs`,
  external: EXTERNAL,
  plugins: [lazyLibraries(used)],
  metafile: true,
});
for (const name of used) {
  await build({ ...common, entryPoints: [name], outfile: `${bundle}/${libraryFile(name)}`, external: EXTERNAL });
}
const hash = createHash('sha256').update(readFileSync(`${bundle}/main.cjs`)).digest('hex').slice(0, 16);
writeFileSync(`${dist}/pond.cjs`, readFileSync(`${here}boot.cjs`, 'utf8').replace('__BUNDLE_HASH__', hash));
chmodSync(`${dist}/pond.cjs`, 0o755);
writeFileSync(`${dist}/meta.json`, JSON.stringify(metafile));

const { manPages } = await loadManual();
rmSync(`${dist}/man`, { recursive: true, force: true });
mkdirSync(`${dist}/man`);
for (const [name, text] of Object.entries(manPages)) writeFileSync(`${dist}/man/${name}`, text);

// Each run adds the functions that it compiled to the cache that is packed; a pond is made for those that need one.
const scratch = mkdtempSync(`${tmpdir()}/pond-build-`);
try {
  const env = { ...process.env, POND: `${scratch}/pond`, POND_CODE_CACHE: 'build', NODE_EXTRA_CA_CERTS: undefined };
  for (const words of WARM_UP) spawnSync(process.execPath, [`${dist}/pond.cjs`, ...words], { env, cwd: scratch, input: 'x', stdio: ['pipe', 'ignore', 'ignore'] });
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
