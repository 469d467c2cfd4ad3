import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ms, quantile, ratio } from './measure.mjs';
import { createPond, openPond, scratch } from './ponds.mjs';

export const title = 'Writers of several processes on one pond';

const WRITER = `
  import { openPond } from ${JSON.stringify(new URL('../packages/pond/dist/index.js', import.meta.url).href)};
  const [directory, id, count] = process.argv.slice(1);
  const pond = await openPond(directory);
  const times = [];
  process.stdout.write('ready\\n');
  await new Promise((resolve) => process.stdin.once('data', resolve));
  for (let i = 0; i < Number(count); i++) {
    const begin = performance.now();
    await pond.write(async (fs) => { await (await fs.root()).write('/w' + id + '-' + i, [Buffer.alloc(200, 'x')]); });
    times.push(performance.now() - begin);
  }
  process.stdout.write(JSON.stringify(times) + '\\n');
  process.exit(0);
`;

async function race(directory, writers, count) {
  const children = Array.from({ length: writers }, (_, id) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', WRITER, '--', directory, String(id), String(count)], { stdio: ['pipe', 'pipe', 'inherit'] });
    let text = '';
    let ready;
    const isReady = new Promise((resolve) => { ready = resolve; });
    child.stdout.on('data', (chunk) => { text += chunk; if (text.startsWith('ready\n')) ready(); });
    const done = new Promise((resolve, reject) => child.on('close', (status) => (status === 0 ? resolve(JSON.parse(text.slice(6))) : reject(new Error(`a writer ended with ${status}`)))));
    return { child, isReady, done };
  });
  await Promise.all(children.map(({ isReady }) => isReady));
  const begin = performance.now();
  for (const { child } of children) child.stdin.write('go\n');
  const times = (await Promise.all(children.map(({ done }) => done))).flat();
  return { perSecond: times.length / ((performance.now() - begin) / 1000), times };
}

export async function run({ quick }) {
  const count = quick ? 50 : 200;
  const alone = scratch('writers-1');
  await createPond(join(alone, 'pond'));
  const one = await race(join(alone, 'pond'), 1, count * 2);
  const together = scratch('writers-8');
  await createPond(join(together, 'pond'));
  const eight = await race(join(together, 'pond'), 8, count);
  const pond = await openPond(join(together, 'pond'));
  const found = new Set();
  await pond.read(async (fs) => { for await (const { path } of (await fs.root()).list()) found.add(path); });
  const seqs = [];
  for await (const { txnSeq } of pond.transactions()) seqs.push(txnSeq);
  const lost = 8 * count - found.size;
  const gapFree = seqs.every((seq, i) => seq === seqs.length - i);
  const speed = eight.perSecond / one.perSecond;
  const p99 = quantile(eight.times, 0.99);
  return [
    {
      what: `8 processes x ${count} commits`, ours: `${8 * count - lost} of ${8 * count} there`, against: '',
      result: `${lost} lost, ${gapFree ? 'no gap' : 'GAPS'}`, target: '0 lost, no gap', ok: lost === 0 && gapFree,
    },
    { what: 'throughput', ours: `${eight.perSecond.toFixed(0)}/s`, against: `one process: ${one.perSecond.toFixed(0)}/s`, result: ratio(speed), target: '>= 1 x', ok: speed >= 1 },
    { what: 'p99 of a commit', ours: ms(p99), against: `one process: ${ms(quantile(one.times, 0.99))}`, result: ms(p99), target: '<= 200 ms', ok: p99 <= 200 },
  ];
}
