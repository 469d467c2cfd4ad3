import { crc32 } from 'node:zlib';
import type { ByteRange, ObjectStore } from '@duckpond/delta';
import { OplogError } from '../errors.ts';
import { decodeIpc } from '../ipc-decode.ts';
import { encodeIpc } from '../ipc-encode.ts';
import { compareKeys } from '../key-order.ts';
import { defineShape, type RowOf, type Shape } from '../shape.ts';
import { StateRow, type NewStateRow, type Space } from './state-row.ts';

// Layout (docs/formats/state.md): chunks, each an Arrow IPC stream of up to CHUNK_ROWS rows; the index, an Arrow IPC
// stream with one row a chunk; the trailer: offset (u64), length (u32) and CRC-32 (u32) of the index, then the magic.

const CHUNK_ROWS = 256;
const MAGIC = Buffer.from('DPSTATE1', 'latin1');
const TRAILER_BYTES = 24;
/** Smaller runs are read in one go. */
const WHOLE_READ_BYTES = 256 * 1024;
const CACHED_CHUNKS = 128;

const indexColumns = {
  lastPartId: ['last_part_id', 'string'],
  lastSpace: ['last_space', 'string'],
  lastKey: ['last_key', 'string'],
  offset: ['offset', 'long'],
  length: ['length', 'long'],
  crc32: ['crc32', 'long'],
} as const;
const ChunkRef: Shape<typeof indexColumns> = defineShape('ChunkRef', indexColumns);
type ChunkRef = RowOf<typeof ChunkRef>;

interface StateKey {
  readonly partId: string;
  readonly space: string;
  readonly key: string;
}

export function compareStateKeys(a: StateKey, b: StateKey): number {
  return compareKeys(a.partId, b.partId) || compareKeys(a.space, b.space) || compareKeys(a.key, b.key);
}

/** Rows sorted by (part, space, key), each key once, as the bytes of a run. */
export function encodeStateRun(rows: readonly NewStateRow[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const index: ChunkRef[] = [];
  let offset = 0;
  for (let start = 0; start < rows.length; start += CHUNK_ROWS) {
    const chunk = rows.slice(start, start + CHUNK_ROWS);
    const last = chunk.at(-1);
    if (last === undefined) break;
    const bytes = encodeIpc(StateRow, chunk);
    index.push({
      lastPartId: last.partId, lastSpace: last.space, lastKey: last.key, offset, length: bytes.byteLength, crc32: crc32(bytes),
    });
    parts.push(bytes);
    offset += bytes.byteLength;
  }
  const indexBytes = encodeIpc(ChunkRef, index);
  const trailer = Buffer.alloc(TRAILER_BYTES);
  trailer.writeBigUInt64LE(BigInt(offset), 0);
  trailer.writeUInt32LE(indexBytes.byteLength, 8);
  trailer.writeUInt32LE(crc32(indexBytes), 12);
  MAGIC.copy(trailer, 16);
  return Buffer.concat([...parts, indexBytes, trailer]);
}

/** One immutable, sorted file of folded state. */
export interface StateRun {
  readonly path: string;
  find(partId: string, space: Space, key: string): Promise<StateRow | undefined>;
  /** All rows of one part and space, sorted by key. */
  scan(partId: string, space: Space): AsyncIterable<readonly StateRow[]>;
  /** All rows. */
  all(): AsyncIterable<readonly StateRow[]>;
}

/** @throws OplogError `corrupt-state` when the file is missing, torn or changed: then it is rebuilt from the records */
export async function openStateRun(store: ObjectStore, path: string, sizeBytes: number): Promise<StateRun> {
  const whole = sizeBytes <= WHOLE_READ_BYTES ? await store.get(path) : undefined;
  if (sizeBytes <= WHOLE_READ_BYTES && whole?.byteLength !== sizeBytes) throw corrupt(path, 'it is missing or has another size');

  async function bytesAt(range: ByteRange): Promise<Uint8Array> {
    const bytes = whole === undefined ? await store.get(path, range) : whole.subarray(range.start, range.end);
    if (bytes?.byteLength !== range.end - range.start) throw corrupt(path, 'it is missing or too short');
    return bytes;
  }

  const index = await readIndex(path, sizeBytes, bytesAt);
  const cache = new Map<number, readonly StateRow[]>();

  async function chunkAt(position: number, ref: ChunkRef): Promise<readonly StateRow[]> {
    const known = cache.get(position);
    if (known !== undefined) return known;
    const bytes = await bytesAt({ start: ref.offset, end: ref.offset + ref.length });
    if (crc32(bytes) !== ref.crc32) throw corrupt(path, `the checksum of its chunk ${position} does not match`);
    const rows = decodeIpc(StateRow, bytes, path);
    if (cache.size >= CACHED_CHUNKS) for (const oldest of cache.keys()) { cache.delete(oldest); break; }
    cache.set(position, rows);
    return rows;
  }

  /** Position of the first chunk whose last key is not below `target`. */
  function firstChunk(target: StateKey): number {
    let low = 0;
    let high = index.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const ref = index[middle];
      if (
        ref !== undefined
        && compareStateKeys({ partId: ref.lastPartId, space: ref.lastSpace, key: ref.lastKey }, target) < 0
      ) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  return {
    path,
    async find(partId, space, key) {
      const target = { partId, space, key };
      const position = firstChunk(target);
      const ref = index[position];
      if (ref === undefined) return undefined;
      const rows = await chunkAt(position, ref);
      const row = rows[lowerBound(rows, target)];
      return row !== undefined && compareStateKeys(row, target) === 0 ? row : undefined;
    },
    async *scan(partId, space) {
      for (let position = firstChunk({ partId, space, key: '' }); position < index.length; position++) {
        const ref = index[position];
        if (ref === undefined) return;
        const rows = await chunkAt(position, ref);
        const start = lowerBound(rows, { partId, space, key: '' });
        let end = start;
        for (let row = rows[end]; row !== undefined && row.partId === partId && row.space === space; row = rows[++end]);
        if (end > start) yield rows.slice(start, end);
        if (end < rows.length) return;
      }
    },
    async *all() {
      for (const [position, ref] of index.entries()) yield await chunkAt(position, ref);
    },
  };
}

async function readIndex(
  path: string, sizeBytes: number, bytesAt: (range: ByteRange) => Promise<Uint8Array>,
): Promise<readonly ChunkRef[]> {
  if (sizeBytes < TRAILER_BYTES) throw corrupt(path, 'it is too short');
  const trailer = Buffer.from(await bytesAt({ start: sizeBytes - TRAILER_BYTES, end: sizeBytes }));
  if (!trailer.subarray(16).equals(MAGIC)) throw corrupt(path, 'it does not end as a state file does');
  const offset = Number(trailer.readBigUInt64LE(0));
  const length = trailer.readUInt32LE(8);
  if (offset + length + TRAILER_BYTES !== sizeBytes) throw corrupt(path, 'its trailer does not fit its size');
  const bytes = await bytesAt({ start: offset, end: offset + length });
  if (crc32(bytes) !== trailer.readUInt32LE(12)) throw corrupt(path, 'the checksum of its index does not match');
  return decodeIpc(ChunkRef, bytes, path);
}

function lowerBound(rows: readonly StateRow[], target: StateKey): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const row = rows[middle];
    if (row !== undefined && compareStateKeys(row, target) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function corrupt(path: string, what: string): OplogError {
  return new OplogError(
    'corrupt-state', `Cannot read the folded state "${path}": ${what}, a state file as written was wanted`, { file: path },
  );
}
