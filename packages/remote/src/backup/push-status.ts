import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fieldsOf, parseDocument } from './decode.ts';

/** What this machine knows of a backup without asking it. It is in the cache of the pond, and may be lost. */
export interface PushStatus {
  /** The newest transaction that is known to be there; undefined when nothing is known. */
  readonly txnSeq: number | undefined;
  readonly pushedMicros: bigint | undefined;
  readonly failure: { readonly message: string; readonly atMicros: bigint; readonly count: number } | undefined;
}

export const UNKNOWN_STATUS: PushStatus = { txnSeq: undefined, pushedMicros: undefined, failure: undefined };

const FIRST_PAUSE_MICROS = 15_000_000n;
const LONGEST_PAUSE_MICROS = 3_600_000_000n;

/** Whether a push that nobody asked for should be tried: after failures only from time to time, as each makes a writer wait. */
export function isPushDue({ failure }: PushStatus, nowMicros: bigint): boolean {
  if (failure === undefined) return true;
  const pause = FIRST_PAUSE_MICROS * 2n ** BigInt(Math.min(failure.count - 1, 10));
  const waited = nowMicros - failure.atMicros;
  return waited < 0n || waited >= (pause < LONGEST_PAUSE_MICROS ? pause : LONGEST_PAUSE_MICROS);
}

/** Where the cache of a pond has what is known of a backup. */
export function indexCachePath(pondDirectory: string, name: string): string {
  return join(pondDirectory, 'cache', 'backup', `${name}.json`);
}

function statusPath(pondDirectory: string, name: string): string {
  return join(pondDirectory, 'cache', 'backup', `${name}.status.json`);
}

export async function readStatus(pondDirectory: string, name: string): Promise<PushStatus> {
  try {
    const fields = fieldsOf(parseDocument(await readFile(statusPath(pondDirectory, name)), 'status'), 'status');
    return {
      txnSeq: fields.optional('txnSeq', Number),
      pushedMicros: fields.optional('pushedMicros', (value) => BigInt(String(value))),
      failure: fields.optional('failure', (value) => {
        const failure = fieldsOf(value, 'status');
        return { message: failure.text('message'), atMicros: failure.micros('atMicros'), count: failure.integer('count') };
      }),
    };
  } catch {
    return UNKNOWN_STATUS; // Absent or torn.
  }
}

export async function writeStatus(pondDirectory: string, name: string, status: PushStatus, uuid: string): Promise<void> {
  const path = statusPath(pondDirectory, name);
  await mkdir(dirname(path), { recursive: true });
  const text = JSON.stringify(status, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
  await writeFile(`${path}.${uuid}.tmp`, text);
  await rename(`${path}.${uuid}.tmp`, path);
}

/** Forgets what is known of a backup. */
export async function removeStatus(pondDirectory: string, name: string): Promise<void> {
  await rm(statusPath(pondDirectory, name), { force: true });
  await rm(indexCachePath(pondDirectory, name), { force: true });
}
