import { appendFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { FACTORIES } from '../packages/factories/dist/index.js';
import { createPond, scratch } from './ponds.mjs';
import { loadRow } from './processes.mjs';

export const title = 'Logs that grow and rotate';

const ROTATIONS = 100;
const RUNS_BETWEEN = 3;

export async function run({ quick }) {
  const lines = quick ? 1_000_000 : 10_000_000;
  const directory = scratch('logfile');
  const host = join(directory, 'host');
  mkdirSync(host);
  const pond = await createPond(join(directory, 'pond'));
  const factory = await FACTORIES.get('logfile-ingest').load();
  const collect = () => factory.run({
    pond, path: '/system/run/logs', config: `active_pattern: ${host}/app.log\npath: /logs\n`, command: 'collect', args: [],
    signal: new AbortController().signal, commandLine: ['bench'], environment: { nowMicros: () => 0n, variable: () => undefined },
    note() {}, progress() {},
  });
  const log = join(host, 'app.log');
  const portion = Math.ceil(lines / ROTATIONS / RUNS_BETWEEN);
  let [line, bytes, taken, millis] = [0, 0, 0, 0];
  const cpu = { user: 0, system: 0 };
  const perRun = [];
  for (let rotation = 0; rotation < ROTATIONS; rotation++) {
    for (let at = 0; at < RUNS_BETWEEN; at++) {
      const text = Array.from(
        { length: portion },
        () => `2024-01-01T00:00:00Z host app[17]: request ${line++} took ${line % 977} ms\n`,
      ).join('');
      appendFileSync(log, text);
      bytes += Buffer.byteLength(text);
      const [begin, before] = [performance.now(), process.cpuUsage()];
      const { state, items } = await collect();
      const used = process.cpuUsage(before);
      perRun.push(performance.now() - begin);
      millis += performance.now() - begin;
      cpu.user += used.user; cpu.system += used.system;
      taken += items.reduce((sum, item) => sum + item.bytes, 0);
      if (state !== 'done') throw new Error(JSON.stringify(items));
    }
    renameSync(log, `${log}.${String(rotation).padStart(3, '0')}-archive`);
  }
  await collect();
  let same = 0;
  for (const name of readdirSync(host)) {
    const hash = createHash('sha256');
    await pond.read(async (fs) => { for await (const chunk of (await fs.root()).read(`/logs/${name}`)) hash.update(chunk); });
    if (
      hash.digest('hex')
      === createHash('sha256')
        .update(readFileSync(join(host, name)))
        .digest('hex')
    )
      same += statSync(join(host, name)).size;
  }
  await pond.close();
  rmSync(directory, { recursive: true, force: true });
  const mean = (values) => values.reduce((sum, one) => sum + one, 0) / values.length;
  return [
    {
      what: `${(line / 1e6).toFixed(1)} M lines, ${ROTATIONS} rotations, ${perRun.length} runs: bytes that are equal`,
      ours: String(same),
      against: `host: ${bytes}`,
      result: '',
      target: 'equal',
      ok: same === bytes,
    },
    {
      what: 'bytes taken, over bytes written',
      ours: String(taken),
      against: String(bytes),
      result: (taken / bytes).toFixed(3),
      target: '1.000',
      ok: taken === bytes,
    },
    {
      what: 'speed',
      ours: `${(bytes / millis / 1000).toFixed(0)} MB/s, ${((cpu.user + cpu.system) / 1e6).toFixed(1)} s CPU`,
      against: '',
      result: `a run ${mean(perRun.slice(0, 30)).toFixed(0)} ms at first, ${mean(perRun.slice(-30)).toFixed(0)} ms at the end`,
      target: 'shown',
    },
    loadRow(),
  ];
}
