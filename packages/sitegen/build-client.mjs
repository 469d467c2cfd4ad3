// Bundles what pages load into dist/client/: see docs/decisions/0018-site.md for what a page may cost.
import { mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const outdir = `${here}dist/client`;
rmSync(outdir, { recursive: true, force: true });
mkdirSync(outdir, { recursive: true });
await build({
  absWorkingDir: here, outdir, bundle: true, minify: true, format: 'esm', target: 'es2022', legalComments: 'none', logLevel: 'warning',
  entryPoints: ['src/client/charts.ts', 'src/client/page.ts', 'src/client/offline.ts', 'src/client/worker.ts', 'src/theme/site.css'],
  entryNames: '[name]',
});
