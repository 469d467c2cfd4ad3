// Timing that holds on a shared, noisy machine: two things in turn, medians, and the difference or ratio pair by pair.
import { spawnSync } from 'node:child_process';

export function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

export const median = (values) => quantile(values, 0.5);
export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The environment of measured processes: extra CA certificates cost every Node 20 process some 40 ms. */
export function cleanEnv(extra = {}) {
  const env = { ...process.env, ...extra };
  delete env.NODE_EXTRA_CA_CERTS;
  return env;
}

/** Milliseconds of one whole process; throws when it fails. */
export function timeProcess([command, ...args], options = {}) {
  const begin = process.hrtime.bigint();
  const { status, error, stderr } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'], env: cleanEnv(options.env), cwd: options.cwd });
  const millis = Number(process.hrtime.bigint() - begin) / 1e6;
  if (error) throw error;
  if (status !== (options.status ?? 0)) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stderr}`);
  return millis;
}

/** Runs two things in turn, `runs` times after `warmup`, and gives the times of both in milliseconds. */
export async function inTurn(ours, theirs, { runs = 15, warmup = 2 } = {}) {
  const times = { ours: [], theirs: [] };
  for (let i = -warmup; i < runs; i++) {
    const a = await ours(i);
    const b = await theirs(i);
    if (i >= 0) { times.ours.push(a); times.theirs.push(b); }
  }
  return times;
}

/** Milliseconds of a function. */
export async function timed(work) {
  const begin = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - begin) / 1e6;
}

export const ms = (value) => `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`;
export const ratio = (value) => `${value.toFixed(2)} x`;

/** Whether a program is installed: a peer that is not is named and skipped. */
export function hasProgram(name, args = ['--version']) {
  return spawnSync(name, args, { stdio: 'ignore' }).error === undefined;
}
