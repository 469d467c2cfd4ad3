import { ARROW_END, arrowFramer } from './append-arrow.ts';
import { type Batch, openBatch } from './append-batch.ts';
import { type Appending, createCommitter, type Start, startOf } from './append-commit.ts';
import { type AppendPosition, type MeasuredInput, measuredInput, positionPath } from './append-position.ts';
import type { AppendFormat } from './append-read.ts';
import { type Framer, lineFramer, type RecordUnit } from './append-records.ts';
import { openRowImporter } from './import-rows.ts';
import type { Pond } from './pond.ts';

export interface AppendOptions {
  readonly format?: AppendFormat;
  /** Rows of a batch at most; default a million. */
  readonly batchRows?: number;
  /** How long a batch waits for more rows; default a second. */
  readonly batchMillis?: number;
  /** A name for this input, so that an append of it goes on where the last one ended: see `appendRows`. */
  readonly resumeKey?: string;
  /** The event time column of a series that is not there yet; found without this. */
  readonly timeColumn?: string;
  readonly onCommit?: (committed: AppendedBatch) => void;
  readonly signal?: AbortSignal;
  /** What the log will say this was. */
  readonly command?: readonly string[];
  /** Monotonic milliseconds. */
  readonly elapsedMillis?: () => number;
}

export interface AppendedBatch {
  readonly rows: number;
  readonly rejected: number;
  /** Of the whole append so far. */
  readonly totalRows: number;
  readonly txnSeq: number;
}

export interface AppendReport {
  readonly rows: number;
  readonly rejected: number;
  readonly batches: number;
  /** Bytes of the input that had been taken before. */
  readonly skippedBytes: number;
  /** The last line was cut off and is left for the next append. */
  readonly isLastLineLeft: boolean;
}

const BATCH_ROWS = 1_000_000;
const BATCH_MILLIS = 1000;
/** Files of batches are not made larger than this. */
const BATCH_BYTES = 256 * 1024 * 1024;
const BYTE_ORDER_MARK: Uint8Array = new Uint8Array([0xef, 0xbb, 0xbf]);
const EXTENSION: Readonly<Record<AppendFormat, string>> = { ndjson: 'ndjson', csv: 'csv', tsv: 'tsv', arrow: 'arrow' };

/**
 * Appends a stream of rows to a series, which is made when there is none, one transaction a batch. While a batch is committed the next
 * one is read, and one more is filled; the input waits when that is full, so that memory does not grow with it.
 *
 * Rows that are not what the series has are put into `NAME.rejected.ndjson` beside it (`line`, `reason`, `text`), in the transaction of
 * their batch.
 *
 * With `resumeKey` the number of bytes that were taken from the beginning of the input, and their SHA-256, are committed with the rows,
 * in a hidden file beside the series. The same input given again is skipped up to there, so that no row is lost and none comes twice,
 * wherever an append was ended. An input that does not begin with those bytes is refused and nothing is changed. A last line without
 * its line end that is no whole JSON object is left for the next time.
 *
 * @throws PondError `wrong-kind`, `changed-input`, `bad-key`, `bad-rows`, `schema-conflict`, `conflict`; QueryError. What was committed
 * before stays
 */
export async function appendRows(
  pond: Pond, path: string, input: AsyncIterable<Uint8Array>, options: AppendOptions = {},
): Promise<AppendReport> {
  const { resumeKey } = options;
  const position = resumeKey === undefined ? undefined : { path: positionPath(path, resumeKey), key: resumeKey };
  const start = await pond.read(async (fs) => startOf(await fs.root(), path, position?.path));
  const importer = await openRowImporter(pond);
  const measured = measuredInput(input, resumeKey, start.position);
  const append: Append = { pond, path, options, importer, measured, positionFile: position?.path, key: resumeKey };
  try {
    return await run(append, start);
  } finally {
    await importer.close();
  }
}

interface Append extends Appending {
  readonly measured: MeasuredInput;
}

/** Of so many batches one is committed and the others are read, so that neither waits for the other. */
const MOST_FLIGHTS = 2;

async function run(append: Append, start: Start): Promise<AppendReport> {
  const { options, importer, measured } = append;
  const { format = 'ndjson', batchRows = BATCH_ROWS, batchMillis = BATCH_MILLIS, signal } = options;
  const elapsed = options.elapsedMillis ?? (() => performance.now());
  const committer = createCommitter(append, format, start);
  const heads: Uint8Array[] = [];
  let header: string | undefined;
  let lines = start.position?.lines ?? 0;
  let number = 0;
  let isLastLineLeft = false;
  const next = (): Batch => openBatch({
    directory: importer.directory, number: number++, extension: EXTENSION[format], head: heads, lineBefore: lines - headerLines(),
    startedMillis: elapsed(),
  });
  /** Every file of a CSV begins with the header. */
  const headerLines = (): number => (header === undefined ? 0 : header.split('\n').length);
  const takeHead = (unit: RecordUnit): void => {
    heads.push(...unit.chunks.map((chunk) => chunk.slice()));
    if (format === 'csv' || format === 'tsv') {
      const text = Buffer.concat(unit.chunks);
      header = text.toString('utf8').replace(/^\ufeff/, '').replace(/\r?\n$/, '');
      if (unit.isOpen === true || text.at(-1) !== 0x0a) heads.push(Buffer.from('\n'));
    }
  };
  let batch: Batch | undefined;
  /** Batches that are being read and committed, in the order of their rows. */
  const flights: Promise<void>[] = [];
  const frame = framerOf(format, start.position, measured, takeHead);
  const units = frame(measured.rest, () => batchRows - (batch?.records ?? 0));
  let arrived: IteratorResult<RecordUnit, void> | undefined;
  const ask = (): Promise<void> => units.next().then((result) => { arrived = result; });
  let asked = ask();
  asked.catch(() => undefined);

  const isFull = (): boolean => batch !== undefined && (batch.records >= batchRows || batch.bytes >= BATCH_BYTES);
  const depart = (): void => {
    if (batch === undefined) return;
    const leaving = batch;
    batch = undefined;
    if (format === 'arrow') leaving.seal(ARROW_END);
    else leaving.seal();
    const position = append.key === undefined ? undefined : { ...measured.measure(), lines, isOpen: leaving.isOpen };
    const flight = committer.commit(leaving, header, position).finally(() => leaving.remove())
      .then(() => void flights.splice(flights.indexOf(flight), 1));
    flight.catch(() => undefined);
    flights.push(flight);
  };

  /** The batches that are being committed are, or one has failed. */
  const landed = async (): Promise<void> => {
    await Promise.all(flights);
  };
  const mayDepart = (wait: number): boolean => (flights.length === 0 ? isFull() || wait <= 0 : flights.length < MOST_FLIGHTS && isFull());

  try {
    for (;;) {
      signal?.throwIfAborted();
      const wait = batch === undefined ? Number.POSITIVE_INFINITY : batch.startedMillis + batchMillis - elapsed();
      if (batch !== undefined && mayDepart(wait)) {
        depart();
        continue;
      }
      if (isFull()) {
        await Promise.race(flights);
        continue;
      }
      await first([asked, ...flights], flights.length === 0 ? wait : Number.POSITIVE_INFINITY, signal);
      if (arrived === undefined) continue;
      const { done, value } = arrived;
      arrived = undefined;
      if (done === true || value === undefined) break;
      if (value.isOpen === true && append.key !== undefined && format === 'ndjson' && !isObject(value)) {
        isLastLineLeft = true;
        break;
      }
      if (value.isHead === true) {
        // It belongs to the batch that follows.
        if (batch !== undefined && format === 'arrow') batch.add({ ...value, records: 0 });
        takeHead(value);
      } else {
        batch ??= next();
        batch.add(format === 'ndjson' && measured.measuredBytes() === 0 ? withoutMark(value) : value);
      }
      measured.take(value.chunks);
      lines += value.lines;
      asked = ask();
      asked.catch(() => undefined);
    }
    await landed();
    depart();
    await landed();
    return { ...committer.total, skippedBytes: start.position?.bytes ?? 0, isLastLineLeft };
  } catch (error) {
    await Promise.allSettled(flights);
    batch?.remove();
    throw error;
  }
}

/** A byte order mark belongs to no row. */
function withoutMark(unit: RecordUnit): RecordUnit {
  const bytes = Buffer.concat(unit.chunks);
  return bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? { ...unit, chunks: [bytes.subarray(3)] } : unit;
}

/** Whether a line that may have been cut off is whole. */
function isObject({ chunks }: RecordUnit): boolean {
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8').replace(/^\ufeff/, ''));
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** The format's framer; the head is taken out of the bytes that were skipped. */
function framerOf(
  format: AppendFormat, position: AppendPosition | undefined, measured: MeasuredInput, takeHead: (unit: RecordUnit) => void,
): Framer {
  if (format === 'arrow') return resumedArrow(position, measured, takeHead);
  if (format === 'ndjson') return lineFramer({ hasQuotes: false, hasHeader: false });
  if (position === undefined) return lineFramer({ hasQuotes: true, hasHeader: true });
  const rest = lineFramer({ hasQuotes: true, hasHeader: false });
  return async function* resumed(input, room) {
    let isFirst = true;
    for await (const unit of rest(input, room)) {
      if (isFirst) takeHead(await headOf(measured));
      isFirst = false;
      yield unit;
    }
  };
}

async function headOf(measured: MeasuredInput): Promise<RecordUnit> {
  const bytes = measured.start();
  for await (const unit of lineFramer({ hasQuotes: true, hasHeader: true })(once(bytes), () => 1)) return unit;
  return { chunks: [bytes], records: 0, lines: 0, isHead: true };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield bytes;
}

/** The schema and the dictionaries stand in the bytes that were skipped. */
function resumedArrow(position: AppendPosition | undefined, measured: MeasuredInput, takeHead: (unit: RecordUnit) => void): Framer {
  if (position === undefined) return arrowFramer;
  return async function* resumed(input, room) {
    let isFirst = true;
    const rest = async function* behind(): AsyncGenerator<Uint8Array> {
      for await (const chunk of input) {
        if (isFirst) {
          for await (const unit of arrowFramer(once(measured.start()), room)) if (unit.isHead === true) takeHead(unit);
        }
        isFirst = false;
        yield chunk;
      }
    };
    yield* arrowFramer(rest(), room);
  };
}

/** Waits for one of them, for so long at most; rejects when one does, or with the reason of the signal. */
async function first(promises: readonly Promise<void>[], millis: number, signal: AbortSignal | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let stop: (() => void) | undefined;
  try {
    await Promise.race([
      ...promises,
      ...(Number.isFinite(millis) ? [new Promise<void>((resolve) => { timer = setTimeout(resolve, Math.max(0, millis)); })] : []),
      ...(signal === undefined ? [] : [new Promise<void>((_, reject) => {
        stop = () => reject(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
        signal.addEventListener('abort', stop, { once: true });
      })]),
    ]);
  } finally {
    clearTimeout(timer);
    if (stop !== undefined) signal?.removeEventListener('abort', stop);
  }
}
