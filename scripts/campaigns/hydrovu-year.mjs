// A year of the HydroVu collector with faults and kills: npm run hydrovu-year -- --seed 1 --every 1
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const { values } = parseArgs({ options: {
  seed: { type: 'string', default: '1' }, days: { type: 'string', default: '365' }, every: { type: 'string', default: '1' },
  devices: { type: 'string', default: '3' }, faults: { type: 'string', default: '0.03' }, kills: { type: 'string', default: '0.3' },
} });
const scratch = mkdtempSync(join(tmpdir(), 'duckpond-year-'));
const campaigns = join(import.meta.dirname, '../../packages/hydrovu/test/campaigns');
const bundler = join(scratch, 'bundle-program.mjs');
await build({
  entryPoints: [join(campaigns, 'bundle-program.ts')], outfile: bundler, bundle: true, platform: 'node', format: 'esm', logLevel: 'error',
  define: { 'import.meta.dirname': JSON.stringify(campaigns) }, plugins: [{
    name: 'esbuild-from-here',
    setup: ({ onResolve }) => onResolve({ filter: /^esbuild$/ }, () => ({ path: fileURLToPath(import.meta.resolve('esbuild')), external: true })),
  }],
});
const { bundleProgram } = await import(pathToFileURL(bundler).href);
const { runYear } = await import(pathToFileURL(await bundleProgram('year', scratch)).href);

const begin = performance.now();
const report = await runYear({
  seed: Number(values.seed), scratch, worker: await bundleProgram('year-worker', scratch), days: Number(values.days), everyDays: Number(values.every),
  devices: Number(values.devices), faultRate: Number(values.faults), killRate: Number(values.kills), killMillis: 900,
  onRun(run, runs) {
    if (run % 50 === 0) console.error(`${run} of ${runs} runs`);
  },
});
const { counts, peakBytes, leastPages, differences } = report;
const faults = Object.values(counts.faults).reduce((sum, count) => sum + count, 0);
const mb = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;
const quarter = Math.max(1, Math.floor(peakBytes.length / 4));
const mean = (some) => some.reduce((sum, one) => sum + one, 0) / some.length;
for (const difference of differences.slice(0, 20)) console.error(difference);
console.log(`seed ${values.seed}: ${report.runs} runs (${report.killed} killed, ${report.failed} with a device that failed), ${faults} faults, `
  + `${report.rows} rows (${report.rawRows} stored), ${differences.length} differences`);
console.log(`requests: ${counts.requests}; pages of readings ${counts.data} = ${(counts.data / leastPages).toFixed(3)} x those of as many runs without fault or kill (${leastPages})`);
console.log(`peak memory of a run: first quarter ${mb(mean(peakBytes.slice(0, quarter)))}, last ${mb(mean(peakBytes.slice(-quarter)))}, `
  + `most ${mb(Math.max(...peakBytes))}; ${((performance.now() - begin) / 1000).toFixed(0)} s`);
if (differences.length === 0) rmSync(scratch, { recursive: true, force: true });
else console.error(`The pond is in ${scratch}`);
process.exitCode = differences.length > 0 ? 1 : 0;
