// `npm run bench:age`: ten series collected every ten minutes for three years, and what a pond costs at day 1, 30, 365 and 1095.
// The pond is kept and a run that was cut off goes on; `--fresh` begins anew, `--days N` stops earlier, `--update` writes docs/ageing.md and its chart.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chartOf } from './age-chart.mjs';
import { collect, createPond, openPond, RUNS_A_DAY, SERIES, simulated, simulatedIo, tidy, timeOf } from './age-pond.mjs';
import { median } from './measure.mjs';
import { ROOT } from './ponds.mjs';
import { loadRow, runNode, runPond } from './processes.mjs';

const DAYS = [1, 30, 365, 1095];
const TIDY_DAYS = 30;
const START = 1_672_531_200_000_000n;
const FLAT = 1.2;
const args = process.argv.slice(2);
const last = args.includes('--days') ? Number(args[args.indexOf('--days') + 1]) : DAYS.at(-1);
const home = join(ROOT, 'age');
const pondDirectory = join(home, 'pond');
const statePath = join(home, 'figures.json');
const pages = new URL('../docs/', import.meta.url);
const ms = (value) => value.toFixed(value < 10 ? 1 : 0);

if (args.includes('--fresh')) rmSync(home, { recursive: true, force: true });
mkdirSync(home, { recursive: true });
const state = existsSync(statePath) ? JSON.parse(readFileSync(statePath, 'utf8')) : { next: 0, figures: [] };
const save = () => writeFileSync(statePath, JSON.stringify(state));
if (!existsSync(pondDirectory)) {
  const { clock, environment } = simulated(START);
  await (await createPond(pondDirectory, { environment, command: ['pond', 'init'] }, simulatedIo(clock, false))).close();
}
for (const day of DAYS.filter((one) => one <= last && !state.figures.some((figure) => figure.day === one))) {
  await advance(day * RUNS_A_DAY);
  state.figures.push(await measure(day));
  save();
  print(state.figures.at(-1));
}
if (args.includes('--update')) writePages();

async function advance(to) {
  const { clock, environment } = simulated(timeOf(START, state.next));
  const pond = await openPond(pondDirectory, { environment }, simulatedIo(clock, false));
  const begin = performance.now();
  const from = state.next;
  while (state.next < to) {
    await collect(pond, clock, START, state.next++);
    if (state.next % (TIDY_DAYS * RUNS_A_DAY) === 0) await tidy(pond);
    if (state.next % RUNS_A_DAY === 0) save();
    if (state.next % (30 * RUNS_A_DAY) === 0) process.stdout.write(`  day ${state.next / RUNS_A_DAY}: ${((performance.now() - begin) / (state.next - from)).toFixed(1)} ms a run\n`);
  }
  await pond.close();
  save();
}

/** Runs go on while they are measured: a pond is never the same age twice. */
async function measure(day) {
  const runs = Array.from({ length: 33 }, () => runNode([new URL('./age-run.mjs', import.meta.url).pathname, pondDirectory, String(START), String(state.next++)]));
  save();
  const env = { POND: pondDirectory };
  const several = (work) => {
    const found = Array.from({ length: 9 }, work);
    const [cpu, wall] = ['cpuMillis', 'wallMillis'].map((key) => median(found.map((one) => one[key])));
    return { cpu, wall, peakMb: Math.max(...found.map((one) => one.peakMb)) };
  };
  const year = new Date(Number(timeOf(START, Math.max(0, state.next - 365 * RUNS_A_DAY)) / 1000n)).toISOString();
  const nothing = several(() => runNode(['-e', '0']));
  const list = several(() => runPond(['list', '/sensors'], { env }));
  const newest = several(() => runPond(['sql', "SELECT * FROM '/sensors/s3.series' ORDER BY time DESC LIMIT 1"], { env }));
  const oneYear = several(() => runPond(['sql', `SELECT date_trunc('day', time) d, avg(temperature) FROM '/sensors/s3.series' WHERE time >= TIMESTAMPTZ '${year}' GROUP BY d`], { env }));
  const all = filesBelow(pondDirectory);
  const bytes = all.reduce((sum, path) => sum + statSync(path).size, 0);
  return {
    day, transactions: state.next,
    runCpu: median(runs.map((one) => one.cpuMillis)), runWall: median(runs.map((one) => one.wallMillis)), runMost: Math.max(...runs.map((one) => one.wallMillis)),
    node: nothing, list, newest, oneYear, peakMb: Math.max(list.peakMb, newest.peakMb, oneYear.peakMb, ...runs.map((one) => one.peakMb)),
    files: all.length, bytes, raw: await rawBytes(), load: loadRow().ours,
  };
}

function filesBelow(directory) {
  return readdirSync(directory, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** The same rows as zstd Parquet, one file a series. */
async function rawBytes() {
  const pond = await openPond(pondDirectory);
  let bytes = 0;
  for (let series = 0; series < SERIES; series++) {
    for await (const piece of pond.sqlParquet(`FROM '/sensors/s${series}.series'`)) bytes += piece.byteLength;
  }
  await pond.close();
  return bytes;
}


function rowOf(figure) {
  const { day, transactions, runCpu, runWall, runMost, list, newest, oneYear, peakMb, files, bytes, raw } = figure;
  return [
    day, transactions.toLocaleString('en'), `${ms(runWall)} (cpu ${ms(runCpu)}, slowest ${ms(runMost)})`, ...[list, newest, oneYear].map(({ wall, cpu }) => `${ms(wall)} (cpu ${ms(cpu)})`),
    peakMb.toFixed(0), files, `${(bytes / 2 ** 20).toFixed(1)} MiB, ${(bytes / raw).toFixed(2)} x`,
  ];
}

function print(figure) {
  process.stdout.write(`${rowOf(figure).join(' | ')} | load ${figure.load}\n`);
}

function writePages() {
  const base = state.figures.find(({ day }) => day === 30);
  const lines = [
    ['one run, a process', ({ runCpu }) => runCpu], ['open and list', ({ list }) => list.cpu], ['last value', ({ newest }) => newest.cpu],
    ['one year by day', ({ oneYear }) => oneYear.cpu], ['peak memory', ({ peakMb }) => peakMb],
  ];
  const verdicts = base === undefined ? [] : lines.map(([name, of]) => {
    const most = Math.max(...state.figures.filter(({ day }) => day >= 30).map((figure) => of(figure) / of(base)));
    return `| ${name} | ${most.toFixed(2)} x of day 30 | <= ${FLAT} x | ${most <= FLAT ? 'met' : '**not met**'} |`;
  });
  const text = [
    '# Ageing', '',
    `\`npm run bench:age -- --update\`, ${new Date().toISOString().slice(0, 10)}. ${SERIES} series, a row each every ten minutes, one transaction; \`pond maintain\` every ${TIDY_DAYS} days.`,
    'Times are whole processes in milliseconds (medians); the one of one run waits for the disk. Bytes against the same rows as zstd Parquet, one file a series.', '',
    '| day | transactions | one run | open, list | last value | one year by day | peak MB | files | bytes |', '|--:|--:|--:|--:|--:|--:|--:|--:|--:|',
    ...state.figures.map((figure) => `| ${rowOf(figure).join(' | ')} |`), '',
    ...(verdicts.length === 0 ? [] : ['| time of the processor, day 30 and later | worst | target | |', '|---|---|---|---|', ...verdicts, '']),
    '![Time of the processor and memory by age](ageing.svg)', '',
  ].join('\n');
  writeFileSync(new URL('ageing.md', pages), text);
  writeFileSync(new URL('ageing.svg', pages), chartOf(state.figures, lines));
}
