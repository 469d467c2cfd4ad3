import { isTinyFsError, joinPath, type WD, type WritableWD } from '@duckpond/tinyfs';
import { createHash, type Hash } from 'node:crypto';
import { PondError } from './errors.ts';

/** How far an input has been taken into a series. It is committed together with the rows. */
export interface AppendPosition {
  /** The series: another one of the same name begins anew. */
  readonly series: string;
  /** Bytes of the input that are taken, from its beginning, and their SHA-256. */
  readonly bytes: number;
  readonly sha256: string;
  /** Line ends in them; of Arrow, rows. */
  readonly lines: number;
  /** The last line had no line end: what comes next must begin with one. */
  readonly isOpen: boolean;
}

const KEY = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/;

/** Where the position of an input is kept: a hidden file beside the series. @throws PondError `changed-input` for a key that is no name */
export function positionPath(series: string, key: string): string {
  if (!KEY.test(key)) {
    throw new PondError('bad-key', `Cannot use the resume key "${key}": up to 100 letters, digits, ".", "-" and "_" were wanted`, { key });
  }
  return beside(series, (name) => `.${name}.${key}.position.json`);
}

/** Where rows go that do not fit: a data file beside the series. */
export function rejectedPath(series: string): string {
  return beside(series, (name) => `${name}.rejected.ndjson`);
}

function beside(path: string, named: (name: string) => string): string {
  const at = path.replace(/\/+$/, '').lastIndexOf('/') + 1;
  return joinPath(path.slice(0, at) || '/', named(path.replace(/\/+$/, '').slice(at)));
}

/** The position at `path` if it is of this series; undefined when there is none yet. */
export async function readPosition(root: WD, path: string, series: string | undefined): Promise<AppendPosition | undefined> {
  let text = '';
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of root.read(path)) chunks.push(chunk);
    text = Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    if (isTinyFsError(error, 'not-found')) return undefined;
    throw error;
  }
  const position = decodePosition(text);
  if (position === undefined) {
    throw new PondError('corrupt', `Cannot read the position "${path}": it is not as an append wrote it`, { path });
  }
  return position.series === series ? position : undefined;
}

function decodePosition(text: string): AppendPosition | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { series, bytes, sha256, lines, isOpen } = value as { readonly [key: string]: unknown };
  const isWhole = (one: unknown): one is number => typeof one === 'number' && Number.isSafeInteger(one) && one >= 0;
  return typeof series === 'string' && isWhole(bytes) && typeof sha256 === 'string' && isWhole(lines) && typeof isOpen === 'boolean'
    ? { series, bytes, sha256, lines, isOpen } : undefined;
}

export async function writePosition(root: WritableWD, path: string, position: AppendPosition): Promise<void> {
  await root.write(path, [Buffer.from(`${JSON.stringify(position)}\n`)], { parents: true });
}

/** An input whose bytes are counted and hashed up to any place. */
export interface MeasuredInput {
  /** What comes behind the position. Bytes before it are compared. */
  readonly rest: AsyncIterable<Uint8Array>;
  /** The bytes before the position, as far as a header may reach. */
  readonly start: () => Uint8Array;
  /** Says that these bytes, which follow those before, are taken. */
  take(chunks: readonly Uint8Array[]): void;
  /** How many bytes are taken. */
  measuredBytes(): number;
  /** Of all bytes that are taken. */
  measure(): Pick<AppendPosition, 'bytes' | 'sha256'>;
}

const [LINE_END, CARRIAGE_RETURN] = [0x0a, 0x0d];
const START_BYTES = 1024 * 1024;

/**
 * Goes on behind a position. Reading `rest` rejects with `changed-input` unless the input begins with the bytes that were taken before.
 * Without a position nothing is hashed.
 */
export function measuredInput(
  input: AsyncIterable<Uint8Array>, key: string | undefined, position: AppendPosition | undefined,
): MeasuredInput {
  const hash: Hash | undefined = key === undefined ? undefined : createHash('sha256');
  let bytes = 0;
  const start: Uint8Array[] = [];
  const changed = (what: string): PondError => new PondError(
    'changed-input', `Cannot go on with "${key ?? ''}": ${what}, the input that it began with was wanted`, { key },
  );

  async function* rest(): AsyncGenerator<Uint8Array, void, void> {
    let left = position?.bytes ?? 0;
    let mustEnd = position?.isOpen === true;
    for await (const chunk of input) {
      const skipped = chunk.subarray(0, left);
      if (skipped.length > 0) {
        if (bytes < START_BYTES) start.push(skipped.slice(0, START_BYTES - bytes));
        hash?.update(skipped);
        bytes += skipped.length;
        left -= skipped.length;
        if (left === 0 && position !== undefined && hash?.copy().digest('hex') !== position.sha256) {
          throw changed(`its first ${position.bytes} bytes are other ones`);
        }
      }
      if (skipped.length === chunk.length) continue;
      let next = chunk.subarray(skipped.length);
      // The line end that was missing belongs to the last row.
      while (mustEnd && next.length > 0) {
        if (next[0] !== LINE_END && next[0] !== CARRIAGE_RETURN) throw changed(`its line ${position?.lines ?? 0} has become longer`);
        mustEnd = next[0] !== LINE_END;
        hash?.update(next.subarray(0, 1));
        bytes++;
        next = next.subarray(1);
      }
      if (next.length > 0) yield next;
    }
    if (left > 0 && position !== undefined) throw changed(`it has ${bytes} bytes, ${position.bytes} are taken already`);
  }

  return {
    rest: rest(),
    start: () => Buffer.concat(start),
    take(chunks) {
      for (const chunk of chunks) {
        hash?.update(chunk);
        bytes += chunk.length;
      }
    },
    measuredBytes: () => bytes,
    measure: () => ({ bytes, sha256: hash?.copy().digest('hex') ?? '' }),
  };
}
