import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { cleanEnv, hasProgram, ms, ratio, timeProcess } from './measure.mjs';
import { CLI, scratch } from './ponds.mjs';

export const title = 'One large file in and out';

/** Incompressible bytes that are cheap to make. */
function writeLarge(path, bytes) {
  const block = randomBytes(64 * 1024 * 1024);
  const file = openSync(path, 'w');
  for (let written = 0; written < bytes; written += block.byteLength) {
    block.writeUInt32LE(written / block.byteLength, 0);
    writeSync(file, block, 0, Math.min(block.byteLength, bytes - written));
  }
  closeSync(file);
}

/** Milliseconds and peak memory of a process, by GNU time. */
function measured(args, env) {
  const begin = process.hrtime.bigint();
  const { status, stderr } = spawnSync('/usr/bin/time', ['-f', '%M', process.execPath, CLI, ...args], { env: cleanEnv(env), encoding: 'utf8' });
  if (status !== 0) throw new Error(`pond ${args.join(' ')} ended with ${status}: ${stderr}`);
  return { millis: Number(process.hrtime.bigint() - begin) / 1e6, peakMb: Number(stderr.trim().split('\n').at(-1)) / 1024 };
}

export async function run({ quick }) {
  if (!hasProgram('/usr/bin/time')) return [{ what: 'copy', ours: '', against: 'GNU time is not installed', result: 'skipped', target: '' }];
  const gigabytes = quick ? 0.25 : 5;
  const directory = scratch('large');
  const source = join(directory, 'source.bin');
  writeLarge(source, gigabytes * 1e9);
  const env = { POND: join(directory, 'pond') };
  timeProcess([process.execPath, CLI, 'init'], { env });
  const shell = (script) => timeProcess(['sh', '-c', script]);
  shell(`cat ${source} > /dev/null`);
  const inPeer = shell(`cp ${source} ${directory}/peer.bin && sha256sum ${source} > /dev/null && sync ${directory}/peer.bin`);
  rmSync(`${directory}/peer.bin`);
  const inOurs = measured(['copy', `host://${source}`, '/large.bin'], env);
  const outPeer = shell(`cp ${source} ${directory}/peer.bin && sha256sum ${source} > /dev/null && sync ${directory}/peer.bin`);
  rmSync(`${directory}/peer.bin`);
  const outOurs = measured(['copy', '/large.bin', `host://${directory}/out`], env);
  const same = spawnSync('cmp', [source, join(directory, 'out', 'large.bin')]).status === 0;
  rmSync(directory, { recursive: true });
  return [rowOf('in', inOurs, inPeer, gigabytes), rowOf(`out, ${same ? 'equal bytes' : 'DIFFERENT BYTES'}`, outOurs, outPeer, gigabytes)];
}

function rowOf(what, { millis, peakMb }, peer, gigabytes) {
  const speed = peer / millis;
  return {
    what: `${gigabytes} GB ${what}`, ours: `${ms(millis)}, ${peakMb.toFixed(0)} MB peak`, against: `cp + sha256sum + sync: ${ms(peer)}`,
    result: ratio(speed), target: '>= 0.8 x, <= 150 MB', ok: speed >= 0.8 && peakMb <= 150,
  };
}

