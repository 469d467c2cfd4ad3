// Programs of the tests as one file of JavaScript each, for the campaigns.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** @returns the path of the bundle of packages/<entry>.ts */
export async function bundle(entry, scratch) {
  const outfile = join(scratch, `${entry.slice(entry.lastIndexOf('/') + 1)}.mjs`);
  await build({
    entryPoints: [join(import.meta.dirname, `../../packages/${entry}.ts`)], outfile, bundle: true, platform: 'node', format: 'esm',
    logLevel: 'error', conditions: ['@duckpond/source'], external: ['esbuild', '@duckdb/*'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  return outfile;
}

export async function load(entry, scratch) {
  return import(pathToFileURL(await bundle(entry, scratch)).href);
}
