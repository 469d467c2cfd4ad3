import { randomBytes } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { kill } from 'node:process';
import type { Environment } from './pond.ts';

/** The real world, for programs that do not bring their own. */
export function realEnvironment(): Environment {
  return { nowMicros: realNowMicros, uuid: createUuid7(() => Date.now(), pooled(randomBytes)), user: userName(), host: hostname() };
}

/** Whether there is a process of that number on this machine. */
export function isProcessAlive(processId: number): boolean {
  try {
    kill(processId, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Random bytes in portions of one larger draw: small draws cost as much as large ones. */
function pooled(draw: (count: number) => Uint8Array): (count: number) => Uint8Array {
  let pool: Uint8Array = new Uint8Array(0);
  let used = 0;
  return (count) => {
    if (used + count > pool.byteLength) {
      pool = draw(Math.max(count, 1024));
      used = 0;
    }
    used += count;
    return pool.subarray(used - count, used);
  };
}

function realNowMicros(): bigint {
  return BigInt(Date.now()) * 1000n;
}

/** UUIDv7 (RFC 9562), increasing within a process: a counter of 12 bits follows the milliseconds. */
export function createUuid7(nowMillis: () => number, random: (count: number) => Uint8Array): () => string {
  let lastMillis = 0;
  let counter = 0;
  return () => {
    const now = nowMillis();
    counter = now > lastMillis ? 0 : counter + 1;
    if (counter > 0xfff) counter = 0;
    lastMillis = counter === 0 ? Math.max(now, lastMillis + 1) : lastMillis;
    const hex = lastMillis.toString(16).padStart(12, '0');
    const tail = Buffer.from(random(8)).toString('hex');
    const variant = (8 + (Number.parseInt(tail.slice(0, 1), 16) & 3)).toString(16);
    return `${hex.slice(0, 8)}-${hex.slice(8)}-7${counter.toString(16).padStart(3, '0')}-${variant}${tail.slice(1, 4)}-${tail.slice(4)}`;
  };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return ''; // A user id without an entry in the password file, as in some containers.
  }
}
