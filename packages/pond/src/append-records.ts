import { PondError } from './errors.ts';

/** Some whole records of an input, in the order of their bytes. */
export interface RecordUnit {
  readonly chunks: readonly Uint8Array[];
  readonly records: number;
  /** Line ends in the bytes; of formats without lines, records. */
  readonly lines: number;
  /** The last record came to the end of the input without a line end. */
  readonly isOpen?: true;
  /** What every later part of the input needs before it: the header of a CSV, the schema and the dictionaries of Arrow. */
  readonly isHead?: true;
}

/** Hands out the input in units, each of no more records than there is room for when it is asked for. */
export type Framer = (input: AsyncIterable<Uint8Array>, room: () => number) => AsyncGenerator<RecordUnit, void, void>;

/** A record that is longer is not read: the rest of the input would have to be held in memory to find its end. */
export const MAX_RECORD_BYTES: number = 32 * 1024 * 1024;

const [LINE_END, QUOTE] = [0x0a, 0x22];

/** Units of lines. With quotes, a line end between two of them is part of the record. `hasHeader`: the first record is the head. */
export function lineFramer({ hasQuotes, hasHeader }: { readonly hasQuotes: boolean; readonly hasHeader: boolean }): Framer {
  return async function* frame(input, room) {
    const scan = hasQuotes ? quotedScan() : plainScan;
    let carried: Uint8Array[] = [];
    let carriedBytes = 0;
    let lines = 0;
    let isHead = hasHeader;
    for await (const chunk of input) {
      let from = 0;
      while (from < chunk.length) {
        const most = isHead ? 1 : Math.max(1, room());
        const found = scan(chunk, from, most);
        if (found.records === 0) break;
        yield {
          chunks: [...carried, chunk.subarray(from, found.end)], records: isHead ? 0 : found.records, lines: found.lines,
          ...(isHead ? { isHead: true } : {}),
        };
        isHead = false;
        lines += found.lines;
        carried = [];
        carriedBytes = 0;
        from = found.end;
        // What is behind has been looked at.
        if (found.records < most) break;
      }
      if (from === chunk.length) continue;
      carried.push(chunk.slice(from));
      carriedBytes += chunk.length - from;
      if (carriedBytes > MAX_RECORD_BYTES) throw tooLong(lines + 1, hasQuotes);
    }
    if (carriedBytes > 0) yield { chunks: carried, records: isHead ? 0 : 1, lines: 1, ...(isHead ? { isHead: true } : { isOpen: true }) };
  };
}

function tooLong(line: number, hasQuotes: boolean): PondError {
  const why = hasQuotes ? ', or a quote is not closed' : '';
  const what = `it is longer than ${MAX_RECORD_BYTES} bytes${why}, a shorter one was wanted`;
  return new PondError('bad-rows', `Cannot append line ${line}: ${what}`, { line });
}

interface Scanned {
  /** Behind the last whole record. */
  readonly end: number;
  readonly records: number;
  readonly lines: number;
}

type Scan = (chunk: Uint8Array, from: number, most: number) => Scanned;

function plainScan(chunk: Uint8Array, from: number, most: number): Scanned {
  const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  let end = from;
  let records = 0;
  while (records < most) {
    const next = bytes.indexOf(LINE_END, end);
    if (next < 0) break;
    end = next + 1;
    records++;
  }
  return { end, records, lines: records };
}

/** A quote inside quotes is written twice, so that each one opens or closes. */
function quotedScan(): Scan {
  let isOpen = false;
  /** Line ends since the record began. */
  let waiting = 0;
  let known: { readonly chunk: Uint8Array; readonly at: number } | undefined;
  const nextQuote = (chunk: Uint8Array, from: number): number => {
    if (known?.chunk !== chunk || known.at < from) {
      const at = chunk.indexOf(QUOTE, from);
      known = { chunk, at: at < 0 ? chunk.length : at };
    }
    return known.at;
  };
  return (chunk, from, most) => {
    let [end, records, lines] = [from, 0, 0];
    if (!isOpen && waiting === 0) {
      const quote = nextQuote(chunk, from);
      const plain = plainScan(quote === chunk.length ? chunk : chunk.subarray(0, quote), from, most);
      if (plain.records === most || quote === chunk.length) return plain;
      ({ end, records, lines } = plain);
    }
    for (let at = end; at < chunk.length; at++) {
      const byte = chunk[at];
      if (byte === QUOTE) isOpen = !isOpen;
      else if (byte === LINE_END) {
        waiting++;
        if (isOpen) continue;
        lines += waiting;
        waiting = 0;
        end = at + 1;
        if (++records === most) break;
      }
    }
    return { end, records, lines };
  };
}

/** Records of a text in memory or read in pieces, with the line that each begins at. */
export interface TextRecord {
  /** Counted from 1. */
  readonly line: number;
  /** Without its line end. */
  readonly bytes: Buffer;
}

/** The records of lines that were framed before: all are whole. */
export function* textRecords(chunks: Iterable<Uint8Array>, hasQuotes: boolean): Generator<TextRecord, void, void> {
  const scan = hasQuotes ? quotedScan() : plainScan;
  let rest: Buffer = Buffer.alloc(0);
  let line = 1;
  const record = (bytes: Buffer): TextRecord => {
    const end = bytes.at(-1) === LINE_END ? (bytes.at(-2) === 0x0d ? -2 : -1) : bytes.length;
    return { line, bytes: bytes.subarray(0, end) };
  };
  for (const chunk of chunks) {
    let from = 0;
    while (from < chunk.length) {
      const { end, records, lines } = scan(chunk, from, 1);
      if (records === 0) break;
      const piece = Buffer.from(chunk.buffer, chunk.byteOffset + from, end - from);
      yield record(rest.length === 0 ? piece : Buffer.concat([rest, piece]));
      rest = Buffer.alloc(0);
      line += lines;
      from = end;
    }
    if (from < chunk.length) rest = Buffer.concat([rest, chunk.subarray(from)]);
  }
  if (rest.length > 0) yield record(rest);
}

/** The fields of one record. */
export function fieldsOf(record: string, delimiter: string): readonly string[] {
  const fields: string[] = [];
  for (let at = 0; at <= record.length;) {
    let field = '';
    if (record[at] === '"') {
      at++;
      for (;;) {
        const quote = record.indexOf('"', at);
        field += record.slice(at, quote < 0 ? record.length : quote);
        at = quote < 0 ? record.length : quote + 1;
        if (quote < 0 || record[at] !== '"') break;
        field += '"';
        at++;
      }
    }
    const next = record.indexOf(delimiter, at);
    fields.push(field + record.slice(at, next < 0 ? record.length : next));
    if (next < 0) break;
    at = next + delimiter.length;
  }
  return fields;
}

/** The delimiter of which a header has most, outside quotes. */
export function delimiterOf(header: string): string {
  const bare = header.replace(/"(?:[^"]|"")*"/g, '');
  const counts = [',', ';', '\t', '|'].map((delimiter) => ({ delimiter, count: bare.split(delimiter).length }));
  return counts.reduce((best, one) => (one.count > best.count ? one : best)).delimiter;
}
