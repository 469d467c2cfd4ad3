// Backup to a directory and back, against restic and rclone with the same contents; and how many requests a long way behind costs.
import { spawnSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadavg } from 'node:os';
import { cleanEnv, hasProgram, ms, ratio } from './measure.mjs';
import { runPond } from './processes.mjs';
import { scratch } from './ponds.mjs';

export const title = 'Backup and restore';

const RESTIC = process.env.RESTIC ?? 'restic';
const RCLONE = process.env.RCLONE ?? 'rclone';

/** Readings as text, which compress, and pictures, which do not, in files of all sizes. */
function writeContents(directory, megabytes) {
  mkdirSync(directory, { recursive: true });
  const small = 20 * megabytes;
  for (let i = 0; i < small; i++) writeFileSync(join(directory, `small-${i}.csv`), readings(i, 40));
  for (let i = 0; i < megabytes / 16; i++) {
    writeFileSync(join(directory, `large-${i}.csv`), readings(i, 220_000));
    const noise = Buffer.alloc(8 * 1024 * 1024);
    for (let at = 0; at < noise.length; at += 32) createHash('sha256').update(`${i} ${at}`).digest().copy(noise, at);
    writeFileSync(join(directory, `picture-${i}.bin`), noise);
  }
}

function readings(seed, count) {
  const lines = [];
  for (let i = 0; i < count; i++) lines.push(`2026-01-01T00:00:${i % 60}Z,${seed},${Math.sin(seed + i / 50).toFixed(4)},ok`);
  return lines.join('\n');
}

/** Wall time and peak memory of a peer, by GNU time where it is. */
function peer(args, env = {}) {
  const begin = process.hrtime.bigint();
  const { status, stderr } = spawnSync('/usr/bin/time', ['-f', '%M', ...args], { env: cleanEnv(env), encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  return { wallMillis: Number(process.hrtime.bigint() - begin) / 1e6, peakMb: Number(stderr.trim().split('\n').at(-1)) / 1024 };
}

export async function run({ quick }) {
  const megabytes = quick ? 64 : 512;
  const directory = scratch('backup');
  const contents = join(directory, 'contents');
  writeContents(contents, megabytes);
  const env = { POND: join(directory, 'pond') };
  runPond(['init'], { env });
  runPond(['copy', contents, '/'], { env });
  runPond(['backup', 'add', 'disk', `file://${directory}/ours`, '--no-auto'], { env });

  const has = { restic: hasProgram(RESTIC, ['version']), rclone: hasProgram(RCLONE) };
  const resticEnv = { RESTIC_PASSWORD: 'x', RESTIC_REPOSITORY: join(directory, 'restic'), RESTIC_CACHE_DIR: join(directory, 'restic-cache') };
  const restic = (...args) => peer([RESTIC, '-q', ...args], resticEnv);
  const rclone = (from, to) => peer([RCLONE, 'copy', '--config', '/dev/null', '--checksum', from, to]);
  if (has.restic) restic('init');
  const rows = [];
  const line = (what, ours, peers, target, isMet) => {
    for (const [name, theirs] of Object.entries(peers)) {
      rows.push(theirs === undefined
        ? { what, ours: told(ours), against: `${name} is not installed`, result: 'skipped', target }
        : { what, ours: told(ours), against: `${name}: ${told(theirs)}`, result: ratio(theirs.wallMillis / ours.wallMillis), target, ok: isMet(ours, theirs) });
    }
  };
  const asFast = (ours, theirs) => ours.wallMillis <= theirs.wallMillis && ours.peakMb <= 200;
  const load = loadavg()[0].toFixed(1);
  const size = `${megabytes} MB class, load ${load}`;
  line(`first, ${size}`, runPond(['push'], { env }), {
    restic: has.restic ? restic('backup', contents) : undefined, rclone: has.rclone ? rclone(contents, join(directory, 'rclone')) : undefined,
  }, '>= 1 x, <= 200 MB', asFast);
  line('unchanged', runPond(['push'], { env }), {
    restic: has.restic ? restic('backup', contents) : undefined, rclone: has.rclone ? rclone(contents, join(directory, 'rclone')) : undefined,
  }, '<= 200 ms', ({ wallMillis }) => wallMillis <= 200);
  writeFileSync(join(contents, 'small-0.csv'), readings(7, 41));
  runPond(['copy', join(contents, 'small-0.csv'), '/contents/small-0.csv'], { env });
  line('one small change', runPond(['push'], { env }), {
    restic: has.restic ? restic('backup', contents) : undefined, rclone: has.rclone ? rclone(contents, join(directory, 'rclone')) : undefined,
  }, '>= 1 x', asFast);
  const restored = { POND: join(directory, 'restored') };
  line(`restore, verified, ${size}`, runPond(['restore', 'disk', `file://${directory}/ours`], { env: restored }), {
    restic: has.restic ? restic('restore', 'latest', '--verify', '--target', join(directory, 'restic-out')) : undefined,
    rclone: has.rclone ? rclone(join(directory, 'rclone'), join(directory, 'rclone-out')) : undefined,
  }, '>= 1 x, <= 200 MB', asFast);
  rmSync(directory, { recursive: true });
  rows.push(await behind(quick ? 1000 : 10_000));
  return rows;
}

const told = ({ wallMillis, peakMb }) => `${ms(wallMillis)}, ${peakMb.toFixed(0)} MB peak`;

/** Requests of one push after so many transactions. */
async function behind(transactions) {
  const [{ createPond }, remote, { startS3Server }] = await Promise.all([
    import('../packages/pond/dist/index.js'), import('../packages/remote/dist/index.js'), import('../packages/remote/dist/testing/index.js'),
  ]);
  const directory = scratch('behind');
  const server = await startS3Server({ nowMillis: Date.now });
  const environment = { nowMicros: () => BigInt(Date.now()) * 1000n, uuid: randomUUID, user: 'bench', host: 'bench' };
  const pond = await createPond(join(directory, 'pond'), { environment });
  const attachment = { url: `s3://${server.bucketName}/b`, endpoint: server.endpoint, accessKeyId: 'test-key', secretAccessKey: '${env:S}' };
  const store = await remote.openRemote(attachment, { variable: () => server.credentials.secretAccessKey, uuid: randomUUID });
  await remote.addBackup(pond, 'b', attachment, store, { environment });
  const named = await remote.findAttachment(pond, 'backup', 'b');
  await remote.pushAttached(pond, named, store, { environment });
  for (let i = 0; i < transactions; i++) {
    await pond.write(async (fs) => { await (await fs.root()).write('/value', [Buffer.from(String(i))]); });
  }
  const before = server.requests();
  const begin = process.hrtime.bigint();
  await remote.pushAttached(pond, named, store, { environment });
  const wallMillis = Number(process.hrtime.bigint() - begin) / 1e6;
  const requests = server.requests() - before;
  store.close();
  await pond.close();
  await server.close();
  rmSync(directory, { recursive: true });
  return {
    what: `${transactions} transactions behind, one push`, ours: `${requests} requests, ${ms(wallMillis)}`, against: '', result: '', target: 'bounded: <= 10', ok: requests <= 10,
  };
}
