// Whole processes of Node in pairs: wall time, time of the processor (user and system, all threads) and peak memory. On a machine
// that others use, the second tells more than the first.
import { spawnSync } from 'node:child_process';
import { loadavg } from 'node:os';
import { openSync, closeSync } from 'node:fs';
import { cleanEnv, median } from './measure.mjs';
import { CLI } from './ponds.mjs';

const USAGE = new URL('./usage.cjs', import.meta.url).pathname;

/** Runs a script of Node; throws when it fails. `output: 'text'` keeps what it prints, `discard` opens /dev/null for it. */
export function runNode(args, { env, input, output = 'discard', execArgv = [] } = {}) {
  const stdin = input === undefined ? 'ignore' : openSync(input, 'r');
  const begin = process.hrtime.bigint();
  const { status, signal, error, stdout, stderr, output: pipes } = spawnSync(process.execPath, ['-r', USAGE, ...execArgv, ...args], {
    stdio: [stdin, output === 'text' ? 'pipe' : 'ignore', 'pipe', 'pipe'], env: cleanEnv(env), maxBuffer: 2 ** 30,
  });
  const wallMillis = Number(process.hrtime.bigint() - begin) / 1e6;
  if (typeof stdin === 'number') closeSync(stdin);
  if (error) throw error;
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status ?? signal}: ${stderr}`);
  return { wallMillis, ...JSON.parse(pipes[3].toString()), stdout: stdout?.toString() ?? '' };
}

/** `pond` with arguments, as a whole process. */
export const runPond = (args, options) => runNode([CLI, ...args], options);

/** Two things in turn, which comes first in turn, too. Each gives `{ wallMillis, cpuMillis, peakMb }`. */
export async function pairs(ours, theirs, { runs = 15, warmup = 1 } = {}) {
  const found = { ours: [], theirs: [] };
  for (let i = -warmup; i < runs; i++) {
    const order = i % 2 === 0 ? ['ours', 'theirs'] : ['theirs', 'ours'];
    for (const which of order) {
      const one = await (which === 'ours' ? ours(i) : theirs(i));
      if (i >= 0) found[which].push(one);
    }
  }
  return found;
}

/** The same for two functions of this process. */
export function inProcess(work) {
  return async () => {
    const cpu = process.cpuUsage();
    const begin = process.hrtime.bigint();
    await work();
    const wallMillis = Number(process.hrtime.bigint() - begin) / 1e6;
    const { user, system } = process.cpuUsage(cpu);
    return { wallMillis, cpuMillis: (user + system) / 1000, peakMb: 0 };
  };
}

/** Least and median of what was measured. */
export function summary(measured) {
  const of = (key) => ({ least: Math.min(...measured.map((one) => one[key])), median: median(measured.map((one) => one[key])) });
  return { wall: of('wallMillis'), cpu: of('cpuMillis'), peakMb: Math.max(...measured.map((one) => one.peakMb)) };
}

const millis = (value) => (value < 10 ? value.toFixed(1) : value.toFixed(0));

/** `wall 12 / 14, cpu 20 / 21 ms`: least and median of each. */
export function shown({ wall, cpu }) {
  return `wall ${millis(wall.least)} / ${millis(wall.median)}, cpu ${millis(cpu.least)} / ${millis(cpu.median)} ms`;
}

/** Ours over theirs. What decides is the better of least and median wall time: noise only ever adds. */
export function ratios(ours, theirs) {
  const wall = Math.min(ours.wall.least / theirs.wall.least, ours.wall.median / theirs.wall.median);
  return { wall, cpu: ours.cpu.least / theirs.cpu.least };
}

/** A line of a benchmark out of pairs of which ours may take `limit` times theirs. */
export function ratioRow(what, { ours, theirs }, { limit, peer, target = `<= ${limit} x` }) {
  const [a, b] = [summary(ours), summary(theirs)];
  const { wall, cpu } = ratios(a, b);
  return {
    what, ours: shown(a), against: `${peer}: ${shown(b)}`, result: `${wall.toFixed(2)} x wall, ${cpu.toFixed(2)} x cpu`, target,
    ...(limit === undefined ? {} : { ok: wall <= limit }),
  };
}

/** The load of the machine: a line that says how much to believe of the others. */
export function loadRow() {
  return { what: 'load of the machine (1, 5, 15 minutes)', ours: loadavg().map((load) => load.toFixed(1)).join(', '), against: '', result: '', target: 'shown' };
}
