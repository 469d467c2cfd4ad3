import { FactoryError } from '../errors.ts';
import type { Generation } from './generation.ts';
import { type HostLog, openLog } from './host-log.ts';

/** A log of the host and the file of the pond whose bytes it continues; undefined when it is new. */
export interface Match {
  readonly log: HostLog;
  readonly generation: Generation | undefined;
  /** It is the file that was taken, with its size and time, perhaps under another name: it was not opened. */
  readonly isSame: boolean;
}

export interface Matches {
  readonly matches: readonly Match[];
  readonly failed: readonly { readonly log: HostLog; readonly error: string }[];
}

/** Finds which logs are continued, by what they begin with; those that are as they were are not even opened. */
export async function matchLogs(logs: readonly HostLog[], generations: readonly Generation[], signal: AbortSignal): Promise<Matches> {
  const free = new Set(generations);
  const matches: Match[] = [];
  const failed: { log: HostLog; error: string }[] = [];
  const others: HostLog[] = [];
  for (const log of logs) {
    const same = generations.find((one) => free.has(one) && isSameFile(log, one));
    if (same === undefined) {
      others.push(log);
      continue;
    }
    free.delete(same);
    matches.push({ log, generation: same, isSame: true });
  }
  const pairs: { readonly log: HostLog; readonly generation: Generation }[] = [];
  const readable: HostLog[] = [];
  for (const log of others) {
    signal.throwIfAborted();
    try {
      const opened = await openLog(log, signal);
      try {
        for (const generation of free) {
          if ((generation.bytes > 0 || isNamed(log, generation)) && await opened.matches(generation)) pairs.push({ log, generation });
        }
      } finally {
        await opened.close();
      }
      readable.push(log);
    } catch (error) {
      signal.throwIfAborted();
      failed.push({ log, error: error instanceof Error ? error.message : String(error) });
    }
  }
  // The longest agreement counts; among equals the same file, then the same name.
  pairs.sort((a, b) => b.generation.bytes - a.generation.bytes || closeness(b) - closeness(a));
  const found = new Map<HostLog, Generation>();
  for (const { log, generation } of pairs) {
    if (found.has(log) || !free.has(generation)) continue;
    found.set(log, generation);
    free.delete(generation);
  }
  for (const log of readable) {
    const generation = found.get(log);
    const changed = generation === undefined ? await changedArchive(log, [...free], signal) : undefined;
    if (changed === undefined) matches.push({ log, generation, isSame: false });
    else failed.push({ log, error: changed });
  }
  return { matches, failed };
}

function isSameFile(log: HostLog, { inode, sizeBytes, modifiedMillis }: Generation): boolean {
  return inode === log.inode && sizeBytes === log.sizeBytes && modifiedMillis === log.modifiedMillis;
}

function isNamed(log: HostLog, { name }: Generation): boolean {
  return log.name === name;
}

function closeness({ log, generation }: { readonly log: HostLog; readonly generation: Generation }): number {
  return (log.inode === generation.inode ? 2 : 0) + (isNamed(log, generation) ? 1 : 0);
}

/**
 * What is wrong with an archive that is none of the logs that were taken. The name of a numbered one is given to another log with each
 * rotation: it has changed when it begins as before.
 */
async function changedArchive(log: HostLog, free: readonly Generation[], signal: AbortSignal): Promise<string | undefined> {
  const before = free.find((one) => one.isArchive && isNamed(log, one));
  if (!log.isArchive || before === undefined || before.bytes === 0) return undefined;
  if (/[.]\d{1,3}$/.test(log.name)) {
    const opened = await openLog(log, signal);
    try {
      if ((await opened.mark()).head !== before.head) return undefined;
    } finally {
      await opened.close();
    }
  }
  return new FactoryError('bad-input', `Cannot take "${log.path}": it does not begin with the ${before.bytes} bytes that "${before.path}" `
    + 'has of it, an archive that does not change was wanted').message;
}
