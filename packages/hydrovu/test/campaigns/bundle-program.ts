import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';

/** Native libraries are loaded from where the package that uses them has them. */
const NATIVE: Readonly<Record<string, string>> = { '@duckdb/node-api': 'query', '@duckdb/node-bindings': 'query', '@mongodb-js/zstd': 'hydrovu' };

const packages = join(import.meta.dirname, '../../..');

const nativeLibraries: Plugin = {
  name: 'native-libraries',
  setup({ onResolve }) {
    onResolve({ filter: /^@(duckdb|mongodb-js)\// }, ({ path }) => {
      const owner = NATIVE[path];
      return owner === undefined ? undefined : { path: createRequire(join(packages, owner, 'package.json')).resolve(path), external: true };
    });
  },
};

/** A program of the tests as one file of JavaScript, for processes of its own. @param name that of a file beside this one */
export async function bundleProgram(name: string, directory: string): Promise<string> {
  const outfile = join(directory, `${name}.mjs`);
  await build({
    entryPoints: [join(packages, 'hydrovu/test/campaigns', `${name}.ts`)], outfile, bundle: true, platform: 'node', format: 'esm', logLevel: 'error',
    conditions: ['@duckpond/source'], plugins: [nativeLibraries],
    banner: { js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);" },
  });
  return outfile;
}
