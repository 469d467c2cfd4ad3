import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createPond, type Pond } from '@duckpond/pond';
import { DEFAULT_NOT_BEFORE_SECONDS, type HydroVuConfig } from '../../src/index.ts';
import { createModel, type Model, randomFaults, type ServerCounts, startServer } from '../../src/testing/index.ts';
import { chance } from '../../src/testing/chance.ts';
import type { WorkerOrder, WorkerReport } from './year-worker.ts';

export interface YearOptions {
  readonly seed: number;
  readonly scratch: string;
  /** The bundled worker. */
  readonly worker: string;
  readonly days?: number;
  /** Days between two runs of the timer. */
  readonly everyDays: number;
  readonly devices?: number;
  readonly cadenceSeconds?: number;
  /** How many of the requests fail, and how many of the runs are killed: of one. */
  readonly faultRate: number;
  readonly killRate: number;
  /** The longest that a run which is killed lives. */
  readonly killMillis: number;
  readonly onRun?: (run: number, runs: number) => void;
}

export interface YearReport {
  readonly runs: number;
  readonly killed: number;
  /** Runs in which a device failed for good. */
  readonly failed: number;
  readonly counts: ServerCounts;
  /** Pages that as many runs would have asked for without a fault or a kill. */
  readonly leastPages: number;
  readonly rows: number;
  readonly rawRows: number;
  readonly peakBytes: readonly number[];
  /** What is not as the server has it; nothing is what is wanted. */
  readonly differences: readonly string[];
}

export const YEAR_SECRET = 'Tr0ub4dor&3-secret';
export const YEAR_ID = 'year-client-7';
const START = 1_704_067_200;
const DAY = 86_400;

/** A simulated year of a timer that starts the collector, and of what may happen to it. */
export async function runYear(options: YearOptions): Promise<YearReport> {
  const { seed, days = 365, everyDays, devices = 3, cadenceSeconds = 3600 } = options;
  const model = createModel({ seed, devices, cadenceSeconds });
  let now = START;
  let isCalm = false;
  const faults = randomFaults({ seed, rate: options.faultRate, slowMillis: 60 });
  const server = await startServer({
    model, clientId: YEAR_ID, clientSecret: YEAR_SECRET, now: () => now, pageEntries: 20, tokenRequests: 40,
    faults: (request) => (isCalm ? undefined : faults(request)),
  });
  mkdirSync(options.scratch, { recursive: true });
  const directory = join(options.scratch, 'pond');
  await (await createPond(directory)).close();
  const config: HydroVuConfig = {
    baseUrl: server.baseUrl, path: '/hydrovu', overlapSeconds: 2 * DAY, maxPointsPerRun: 3000, archiveRaw: true, notBeforeSeconds: DEFAULT_NOT_BEFORE_SECONDS,
    devices: model.locations.map(({ id }, at) => ({
      id: String(id), name: `site ${at + 1}`, scope: `s${at + 1}`, active: true, clock: undefined, comment: undefined,
    })),
  };
  const order = (): WorkerOrder => ({ pond: directory, config, nowSeconds: now });
  const peakBytes: number[] = [];
  let [killed, failed] = [0, 0];
  const runs = Math.ceil(days / everyDays);
  for (let run = 1; run <= runs; run++) {
    now = START + Math.floor(run * everyDays * DAY);
    const isKilled = chance(seed, run, 100) < options.killRate;
    const report = await runWorker(options.worker, order(), isKilled ? chance(seed, run, 101) * options.killMillis : undefined);
    if (report === undefined) killed++;
    else {
      peakBytes.push(report.peakBytes);
      if (report.outcomes.some(({ state }) => state === 'failed')) failed++;
    }
    options.onRun?.(run, runs);
  }
  isCalm = true;
  for (let more = true; more;) {
    const last = await runWorker(options.worker, order(), undefined);
    const wrong = last?.outcomes.find(({ state }) => state === 'failed');
    if (last === undefined || wrong !== undefined) throw new Error(`The last run failed: ${wrong?.error ?? ''}`);
    more = last.outcomes.some(({ state }) => state === 'limited');
  }
  const { openPond } = await import('@duckpond/pond');
  const pond = await openPond(directory);
  const found = await compare(pond, model, config, now);
  await pond.close();
  await server.close();
  return { runs, killed, failed, counts: server.counts(), leastPages: leastPages(model, runs, everyDays), peakBytes, ...found };
}

/** Undefined when the process was killed before it was done. */
function runWorker(worker: string, order: WorkerOrder, killAfterMillis: number | undefined): Promise<WorkerReport | undefined> {
  return new Promise((resolve, reject) => {
    const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
    const child = spawn(process.execPath, [worker, JSON.stringify(order)], { env: { ...env, YEAR_ID, YEAR_SECRET }, stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => { out += chunk.toString(); });
    child.stderr.on('data', (chunk: Buffer) => { err += chunk.toString(); });
    const timer = killAfterMillis === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMillis);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (signal === 'SIGKILL') resolve(undefined);
      else if (code === 0) resolve(JSON.parse(out) as WorkerReport);
      else reject(new Error(`The worker ended with ${code ?? signal ?? ''}: ${err}`));
    });
  });
}

/** Two days and more come in a page, and each run asks again for the two days before. */
function leastPages(model: Model, runs: number, everyDays: number): number {
  let pages = 0;
  for (const { id } of model.locations) {
    let next = 0;
    for (let run = 1; run <= runs; run++) {
      const now = START + Math.floor(run * everyDays * DAY);
      let newest = next;
      for (let at = model.firstTime(id, Math.max(0, next - 2 * DAY), now); at !== undefined; at = model.firstTime(id, at + 2 * DAY, now)) {
        pages++;
        for (const { readings } of model.readings(id, at, at + 2 * DAY, now)) newest = Math.max(newest, (readings.at(-1)?.timestamp ?? 0) + 1);
      }
      next = newest;
    }
  }
  return pages;
}

async function compare(pond: Pond, model: Model, { devices }: HydroVuConfig, now: number): Promise<Pick<YearReport, 'rows' | 'rawRows' | 'differences'>> {
  const differences: string[] = [];
  let [rows, rawRows] = [0, 0];
  for (const [at, { id }] of model.locations.entries()) {
    const { name, scope } = devices[at] ?? { name: '', scope: '' };
    const truth = model.truth(id, now);
    const result = await pond.sql(`
      SELECT * EXCLUDE (n) FROM (SELECT *, row_number() OVER () AS n FROM source)
      QUALIFY row_number() OVER (PARTITION BY timestamp ORDER BY n DESC) = 1 ORDER BY timestamp`,
    { tables: { source: `/hydrovu/devices/${id}/${name}.series` } });
    const stored = new Map<number, ReadonlyMap<string, number>>();
    for await (const { timestamp, ...values } of result.rowObjects()) {
      stored.set(Number(timestamp) / 1e6, new Map(Object.entries(values).flatMap(([key, value]) => (typeof value === 'number' ? [[key, value]] : []))));
    }
    const counts = await pond.sql('SELECT count(*), (SELECT count(*) FROM (SELECT DISTINCT * FROM source)) FROM source', {
      tables: { source: `/hydrovu/devices/${id}/${name}.series` },
    });
    for await (const [all, different] of counts.rows()) {
      rawRows += Number(all);
      if (all !== different) differences.push(`${name}: ${Number(all) - Number(different)} rows are stored twice`);
    }
    rows += stored.size;
    const named = new Map([...truth].map(([time, row]) => [time, new Map([...row].map(([key, value]) => [columnOf(model, scope, key), value]))]));
    for (const [time, row] of named) {
      const own = stored.get(time);
      if (own === undefined) differences.push(`${name}: the row of ${time} is missing`);
      else if (!isSameRow(row, own)) differences.push(`${name}: the row of ${time} is ${shown(own)}, the server has ${shown(row)}`);
    }
    for (const time of stored.keys()) if (!named.has(time)) differences.push(`${name}: there is a row of ${time} that the server has not`);
  }
  return { rows, rawRows, differences };
}

function columnOf({ names }: Model, scope: string, key: string): string {
  const [parameter = '', unit = ''] = key.split('/');
  return `${scope}.${names.parameters[parameter] ?? parameter}.${names.units[unit] ?? unit}`;
}

function isSameRow(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}

function shown(row: ReadonlyMap<string, number>): string {
  return JSON.stringify(Object.fromEntries(row));
}
