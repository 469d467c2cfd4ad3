import { isFile, isTinyFsError, type Node, quote, type WD, type WritableWD } from '@duckpond/tinyfs';
import { ARROW_END, arrowFramer } from './append-arrow.ts';
import type { Rejected } from './append-bad-rows.ts';
import { type Batch, openBatch } from './append-batch.ts';
import {
  type AppendPosition, type MeasuredInput, measuredInput, positionPath, readPosition, rejectedPath, writePosition,
} from './append-position.ts';
import { type AppendFormat, createBatchReader, type ReadRows, type SeriesFacts } from './append-read.ts';
import { type Framer, lineFramer, type RecordUnit } from './append-records.ts';
import { appendTabular } from './append-tabular.ts';
import { PondError } from './errors.ts';
import { openRowImporter, type RowImporter } from './import-rows.ts';
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
const MOST_CONFLICTS = 10;
const BYTE_ORDER_MARK: Uint8Array = new Uint8Array([0xef, 0xbb, 0xbf]);
const EXTENSION: Readonly<Record<AppendFormat, string>> = { ndjson: 'ndjson', csv: 'csv', tsv: 'tsv', arrow: 'arrow' };

/**
 * Appends a stream of rows to a series, which is made when there is none, one transaction a batch. While a batch is committed the next
 * one is read; the input waits when that is full, so that memory does not grow with it.
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

interface Append {
  readonly pond: Pond;
  readonly path: string;
  readonly options: AppendOptions;
  readonly importer: RowImporter;
  readonly measured: MeasuredInput;
  readonly positionFile: string | undefined;
  readonly key: string | undefined;
}

interface Start {
  readonly series: SeriesFacts & { readonly id: string | undefined };
  readonly position: AppendPosition | undefined;
}

async function startOf(root: WD, path: string, positionFile: string | undefined): Promise<Start> {
  const node = await nodeAt(root, path);
  if (node !== undefined && node.kind !== 'series') {
    const is = node.kind === 'data' ? 'a data file' : `a ${node.kind}`;
    const message = `Cannot append to ${quote(path)}: it is ${is}, a series or a free name was wanted`;
    throw new PondError('wrong-kind', message, { path, kind: node.kind });
  }
  const position = positionFile === undefined ? undefined : await readPosition(root, positionFile, node?.id);
  return { series: factsOf(node), position };
}

function factsOf(node: Node | undefined): Start['series'] {
  const tabular = node !== undefined && isFile(node) ? node.tabular : undefined;
  return { id: node?.id, columns: tabular?.columns, timeColumn: tabular?.timeColumn };
}

async function nodeAt(root: WD, path: string): Promise<Node | undefined> {
  try {
    const found = await root.lookup(path);
    return found.kind === 'found' ? found.at.node : undefined;
  } catch (error) {
    if (isTinyFsError(error, 'not-found')) return undefined;
    throw error;
  }
}

/** The batch that is being committed. */
interface Flight {
  readonly done: Promise<void>;
}

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
  let flight: Flight | undefined;
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
    const done = committer.commit(leaving, header, position).finally(() => leaving.remove());
    done.catch(() => undefined);
    const own: Flight = { done: done.then(() => { if (flight === own) flight = undefined; }) };
    own.done.catch(() => undefined);
    flight = own;
  };

  /** The batch that is being committed is, or has failed. */
  const landed = async (): Promise<void> => {
    for (let last = flight; last !== undefined; last = flight) await last.done;
  };

  try {
    for (;;) {
      signal?.throwIfAborted();
      const wait = batch === undefined ? Number.POSITIVE_INFINITY : batch.startedMillis + batchMillis - elapsed();
      if (batch !== undefined && flight === undefined && (isFull() || wait <= 0)) {
        depart();
        continue;
      }
      if (isFull() && flight !== undefined) {
        await flight.done;
        continue;
      }
      await first([asked, ...(flight === undefined ? [] : [flight.done])], flight === undefined ? wait : Number.POSITIVE_INFINITY, signal);
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
    await landed().catch(() => undefined);
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

interface Committer {
  commit(batch: Batch, header: string | undefined, position: Omit<AppendPosition, 'series'> | undefined): Promise<void>;
  readonly total: { readonly rows: number; readonly rejected: number; readonly batches: number };
}

function createCommitter({ pond, path, options, importer, positionFile, key }: Append, format: AppendFormat, start: Start): Committer {
  const reader = createBatchReader(importer, format);
  const { signal, onCommit, command } = options;
  let { series } = start;
  let taken = start.position?.bytes ?? 0;
  const total = { rows: 0, rejected: 0, batches: 0 };

  async function write(root: WritableWD, read: ReadRows, position: Omit<AppendPosition, 'series'> | undefined): Promise<Node | undefined> {
    let node: Node | undefined = await nodeAt(root, path);
    if (positionFile !== undefined) {
      const now = await readPosition(root, positionFile, node?.id);
      if ((now?.bytes ?? 0) !== taken) {
        const what = 'another append took its input further meanwhile, one at a time was wanted';
        throw new PondError('changed-input', `Cannot go on with "${key ?? ''}": ${what}`, { key });
      }
    }
    const { content, rejected } = read;
    if (content !== undefined && content.facts.rowCount > 0) {
      node = (await appendTabular(root, path, content, { kind: 'series', parents: true })).node;
    }
    if (rejected.length > 0) await addRejected(root, rejectedPath(path), rejected);
    if (positionFile !== undefined && position !== undefined && node !== undefined) {
      await writePosition(root, positionFile, { series: node.id, ...position });
    }
    return node;
  }

  async function attempt(batch: Batch, header: string | undefined, position: Omit<AppendPosition, 'series'> | undefined): Promise<void> {
    const facts: SeriesFacts = { columns: series.columns, timeColumn: series.timeColumn ?? options.timeColumn };
    const found = await reader.read(batch, facts, header, signal);
    const rejectedRows = found.rejected.map((one) => ({ ...one, line: one.line + batch.lineBefore })).sort((a, b) => a.line - b.line);
    const read: ReadRows = { content: found.content, rejected: rejectedRows };
    const { value: node, transaction } = await pond.write(
      async (fs) => write(await fs.root(), read, position), command === undefined ? {} : { command },
    );
    series = factsOf(node);
    taken = position?.bytes ?? 0;
    const rows = read.content?.facts.rowCount ?? 0;
    const rejected = read.rejected.length;
    total.rows += rows;
    total.rejected += rejected;
    total.batches++;
    if (transaction !== undefined) onCommit?.({ rows, rejected, totalRows: total.rows, txnSeq: transaction.txnSeq });
  }

  return {
    async commit(batch, header, position) {
      for (let conflicts = 0; ; conflicts++) {
        try {
          return await attempt(batch, header, position);
        } catch (error) {
          const code = error instanceof PondError ? error.code : undefined;
          const isConflict = code === 'conflict' || (code === 'schema-conflict' && conflicts === 0);
          if (!isConflict || conflicts === MOST_CONFLICTS) throw error;
          series = (await pond.read(async (fs) => startOf(await fs.root(), path, undefined))).series;
        }
      }
    },
    total,
  };
}

/** The rows that do not fit, behind those of before. */
async function addRejected(root: WritableWD, path: string, rejected: readonly Rejected[]): Promise<void> {
  const isThere = await nodeAt(root, path) !== undefined;
  async function* content(): AsyncGenerator<Uint8Array> {
    if (isThere) yield* root.read(path);
    for (const { line, reason, text } of rejected) yield Buffer.from(`${JSON.stringify({ line, reason, text })}\n`);
  }
  await root.write(path, content(), { parents: true });
}
