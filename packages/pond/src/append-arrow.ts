import { PondError } from './errors.ts';
import type { Framer } from './append-records.ts';

// Arrow columnar format 1.5, "Encapsulated message format": continuation, length of the metadata, metadata, body.
const CONTINUATION = 0xffffffff;
const [SCHEMA, DICTIONARY, RECORD_BATCH] = [1, 2, 3];
const MAX_MESSAGE_BYTES = 1024 * 1024 * 1024;

/** The end of a stream. */
export const ARROW_END: Uint8Array = new Uint8Array([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);

/** Units of an Arrow IPC stream: a record batch each. Schema and dictionaries are heads, which add up. */
export const arrowFramer: Framer = async function* frame(input) {
  const reader = exactReader(input);
  for (;;) {
    const prefix = await reader.read(8);
    if (prefix === undefined) return;
    if (prefix.readUInt32LE(0) !== CONTINUATION) {
      const isFile = prefix.toString('latin1', 0, 6) === 'ARROW1';
      throw badStream(isFile ? 'it is an Arrow file' : 'a message does not begin as one');
    }
    const metadataBytes = prefix.readInt32LE(4);
    if (metadataBytes === 0) {
      await reader.drain();
      return;
    }
    if (metadataBytes < 16 || metadataBytes > MAX_MESSAGE_BYTES) throw badStream('a message has no length that can be');
    const metadata = await reader.require(metadataBytes);
    const message = messageOf(metadata);
    const body = message.bodyBytes === 0 ? [] : [await reader.require(message.bodyBytes)];
    const chunks = [prefix, metadata, ...body];
    if (message.type === RECORD_BATCH) yield { chunks, records: message.rows, lines: message.rows };
    else if (message.type === SCHEMA || message.type === DICTIONARY) yield { chunks, records: 0, lines: 0, isHead: true };
    else throw badStream(`a message is of the unknown type ${message.type}`);
  }
};

function badStream(what: string): PondError {
  return new PondError('bad-rows', `Cannot append Arrow: ${what}, an IPC stream was wanted`);
}

interface Message {
  readonly type: number;
  readonly bodyBytes: number;
  readonly rows: number;
}

/** What is needed of the flatbuffer `Message`. */
function messageOf(bytes: Buffer): Message {
  try {
    const root = bytes.readInt32LE(0);
    const [type, header, body] = [fieldAt(bytes, root, 1), fieldAt(bytes, root, 2), fieldAt(bytes, root, 3)];
    const record = header === 0 ? 0 : header + bytes.readInt32LE(header);
    const rows = type !== 0 && bytes.readUInt8(type) === RECORD_BATCH && record !== 0 ? fieldAt(bytes, record, 0) : 0;
    const bodyBytes = body === 0 ? 0 : Number(bytes.readBigInt64LE(body));
    if (bodyBytes < 0 || bodyBytes > MAX_MESSAGE_BYTES) throw new RangeError('body');
    return { type: type === 0 ? 0 : bytes.readUInt8(type), bodyBytes, rows: rows === 0 ? 0 : Number(bytes.readBigInt64LE(rows)) };
  } catch (error) {
    if (error instanceof RangeError) throw badStream('the metadata of a message is damaged');
    throw error;
  }
}

/** Where a field of a flatbuffer's table is; 0 when it has its default. */
function fieldAt(bytes: Buffer, table: number, field: number): number {
  const vtable = table - bytes.readInt32LE(table);
  const slot = 4 + field * 2;
  const offset = slot < bytes.readUInt16LE(vtable) ? bytes.readUInt16LE(vtable + slot) : 0;
  return offset === 0 ? 0 : table + offset;
}

interface ExactReader {
  /** So many bytes; undefined at the end. @throws PondError when the end is before them */
  read(count: number): Promise<Buffer | undefined>;
  require(count: number): Promise<Buffer>;
  /** Reads to the end, so that whoever writes is not cut off. */
  drain(): Promise<void>;
}

function exactReader(input: AsyncIterable<Uint8Array>): ExactReader {
  const iterator = input[Symbol.asyncIterator]();
  let parts: Uint8Array[] = [];
  let have = 0;

  async function read(count: number): Promise<Buffer | undefined> {
    while (have < count) {
      const next = await iterator.next();
      if (next.done === true) {
        if (have === 0) return undefined;
        throw badStream('it ends within a message');
      }
      parts.push(next.value);
      have += next.value.length;
    }
    const all = Buffer.concat(parts);
    parts = [all.subarray(count)];
    have -= count;
    return all.subarray(0, count);
  }

  return {
    read,
    async require(count) {
      const bytes = await read(count);
      if (bytes === undefined) throw badStream('it ends within a message');
      return bytes;
    },
    async drain() {
      while ((await iterator.next()).done !== true);
    },
  };
}
