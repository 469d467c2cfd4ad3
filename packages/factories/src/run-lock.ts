import { isProcessAlive } from '@duckpond/pond';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, mkdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pid } from 'node:process';
import { FactoryError } from './errors.ts';

/** Who runs something, as its lock says it. */
export interface LockOwner {
  readonly pid: number;
  readonly host: string;
  /** When the process began, as its machine tells it: a number is given to another process after it is free. Empty where it is not told. */
  readonly started: string;
  /** Microseconds since 1970 UTC, as digits. */
  readonly since: string;
  readonly command: string;
}

export interface LockOptions {
  /** Of the pond. */
  readonly directory: string;
  /** The id of the node that is run, or another text that names what is. */
  readonly key: string;
  /** What messages call it. */
  readonly path: string;
  readonly host: string;
  readonly command: string;
  readonly nowMicros: () => bigint;
}

/** Of this process, so that no two of its runs write the same file. */
let drawn = 0;

/**
 * Runs `work` unless another process runs something of the same key: a file in `cache/locks`, of no transaction, gone afterwards.
 * That of a process that has died is taken over.
 *
 * @throws FactoryError `locked` with its owner and age
 */
export async function withRunLock<T>(options: LockOptions, work: () => Promise<T>): Promise<T> {
  const directory = join(options.directory, 'cache', 'locks');
  const file = join(directory, `${createHash('sha256').update(options.key).digest('hex').slice(0, 32)}.json`);
  const owner: LockOwner = {
    pid, host: options.host, started: startOf('self'), since: String(options.nowMicros()), command: options.command,
  };
  const text = `${JSON.stringify(owner)}\n`;
  const own = `${file}.${pid}-${++drawn}`;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(own, text);
  try {
    await take(file, own, options);
  } finally {
    await unlink(own);
  }
  try {
    return await work();
  } finally {
    if (await readFile(file, 'utf8').catch(() => '') === text) await unlink(file);
  }
}

/** One that is there is taken over when its owner has died, by one at a time. */
async function take(file: string, own: string, options: LockOptions): Promise<void> {
  const refuseRunning = (owner: LockOwner | undefined): void => {
    if (owner !== undefined && isRunning(owner, options.host)) throw locked(file, owner, options);
  };
  const turn = `${file}.taking`;
  while (!await isLinked(own, file)) {
    refuseRunning(await ownerOf(file));
    if (!await isLinked(own, turn)) {
      refuseRunning(await ownerOf(turn));
      await unlink(turn).catch(() => undefined);
      continue;
    }
    try {
      // Who has waited for this turn sees what the one before has made of the lock.
      refuseRunning(await ownerOf(file));
      await link(own, `${own}.new`);
      await rename(`${own}.new`, file);
      return;
    } finally {
      await unlink(turn);
    }
  }
}

/** A link is made at once and with its content, and only where there is none. */
async function isLinked(own: string, to: string): Promise<boolean> {
  try {
    await link(own, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Undefined when it is gone, or no lock. */
async function ownerOf(file: string): Promise<LockOwner | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    return isOwner(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isOwner(value: unknown): value is LockOwner {
  if (typeof value !== 'object' || value === null) return false;
  const facts = new Map<string, unknown>(Object.entries(value));
  const areTexts = ['host', 'started', 'since', 'command'].every((name) => typeof facts.get(name) === 'string');
  return areTexts && Number.isSafeInteger(facts.get('pid')) && /^\d+$/.test(String(facts.get('since')));
}

/** Of another machine nothing is known: its process is taken to run. */
function isRunning({ pid: number, host, started }: LockOwner, here: string): boolean {
  if (host !== here) return true;
  return isProcessAlive(number) && (started === '' || startOf(String(number)) === started);
}

/** The boot and the tick of it at which a process began; empty where Linux does not tell. */
function startOf(process: string): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const facts = readFileSync(`/proc/${process}/stat`, 'utf8');
    // The name of the program stands in brackets, and may have anything in it.
    const tick = facts.slice(facts.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    return `${boot} ${tick}`;
  } catch {
    return '';
  }
}

function locked(file: string, owner: LockOwner | undefined, { path, nowMicros, host }: LockOptions): FactoryError {
  const seconds = owner === undefined ? 0 : Number((nowMicros() - BigInt(owner.since)) / 1_000_000n);
  const who = owner === undefined ? 'another process' : `process ${owner.pid}${owner.host === host ? '' : ` on ${owner.host}`}`;
  const since = owner === undefined ? '' : ` since ${Math.max(0, seconds)} s ("${owner.command}")`;
  return new FactoryError('locked', `Cannot run ${JSON.stringify(path)}: ${who} runs it${since}, one at a time was wanted`, {
    path, file, ...(owner === undefined ? {} : { owner, ageSeconds: seconds }),
  });
}
