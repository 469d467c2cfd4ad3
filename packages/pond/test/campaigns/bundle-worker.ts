import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';

/** A program of the tests as one file of JavaScript, for processes of its own. @param entry its path without the ending */
export async function bundleWorker(scratch: string, entry: string): Promise<string> {
  const { build } = await import('esbuild');
  const outfile = join(scratch, `${basename(entry)}.mjs`);
  if (!existsSync(outfile)) {
    await build({
      entryPoints: [`${entry}.ts`], outfile, bundle: true, platform: 'node', format: 'esm', logLevel: 'error', conditions: ['@duckpond/source'],
      external: ['esbuild', '@duckdb/*'],
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    });
  }
  return outfile;
}
