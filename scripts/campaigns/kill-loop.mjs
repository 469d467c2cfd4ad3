// Kills a committing process again and again: npm run kill-loop -- --cycles 1000 --seed 1
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const { values } = parseArgs({ options: { cycles: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' }, directory: { type: 'string' } } });
const cycles = Number(values.cycles);
const seed = Number(values.seed);
const scratch = values.directory ?? mkdtempSync(join(tmpdir(), 'duckpond-kill-'));
const source = join(import.meta.dirname, '../../packages/pond/test/campaigns');
const bundle = (name, outfile) => build({
  entryPoints: [join(source, name)], outfile, bundle: true, platform: 'node', format: 'esm', logLevel: 'error', conditions: ['@duckpond/source'],
  external: ['esbuild', '@duckdb/*'], banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
});
const worker = join(scratch, 'kill-worker.mjs');
const loop = join(scratch, 'kill-loop.mjs');
await bundle('kill-worker.ts', worker);
await bundle('kill-loop.ts', loop);
const { runKillLoop } = await import(pathToFileURL(loop).href);

const started = performance.now();
const line = ({ cycles: done, killedWhileOpening, acknowledged, unacknowledgedButThere, lost, damaged }) =>
  `${done} cycles (${killedWhileOpening} killed while opening), ${acknowledged} acknowledged transactions, `
  + `${unacknowledgedButThere} unacknowledged but whole, ${lost} lost, ${damaged} damaged`;
let shown = 0;
const counts = await runKillLoop({
  cycles, seed, scratch, worker,
  onProgress(so) {
    for (; shown < so.failures.length; shown++) console.error(so.failures[shown]);
    if (so.cycles % 100 === 0) console.error(line(so));
  },
});
const seconds = (performance.now() - started) / 1000;
console.log(`seed ${seed}: ${line(counts)}, ${seconds.toFixed(1)} s`);
if (counts.failures.length === 0) rmSync(scratch, { recursive: true, force: true });
else console.error(`The damaged ponds are in ${scratch}`);
process.exitCode = counts.lost + counts.damaged > 0 ? 1 : 0;
