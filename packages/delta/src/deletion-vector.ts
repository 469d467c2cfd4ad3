import type { DeletionVectorDescriptor } from './action.ts';
import { DeltaError } from './errors.ts';
import type { ObjectStore } from './object-store.ts';
import { decodeRoaring64 } from './roaring.ts';
import { decodePath, isAbsolutePath } from './table-path.ts';
import { decodeZ85 } from './z85.ts';

/** Deletion vectors: which rows of a file are no longer in the table (PROTOCOL.md, "Deletion Vector Format"). */

const MAGIC = 1681511377;
const UUID_CHARACTERS = 20;

/** The file that holds the vector, relative to the table or absolute; `undefined` when the vector is in the descriptor itself. */
export function deletionVectorPath(vector: DeletionVectorDescriptor): string | undefined {
  if (vector.storageType === 'i') return undefined;
  const text = vector.pathOrInlineDv;
  if (vector.storageType === 'p') return decodePath(text) ?? text;
  const uuid = decodeZ85(text.slice(-UUID_CHARACTERS));
  if (uuid?.length !== 16) throw damaged(text, 'it names no file, wanted 20 characters of a UUID');
  const hex = Buffer.from(uuid).toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  const prefix = text.slice(0, -UUID_CHARACTERS);
  return `${prefix === '' ? '' : `${prefix}/`}deletion_vector_${hex}.bin`;
}

/**
 * The indexes of the rows that are deleted, counted from 0 in the file, ascending.
 *
 * @throws DeltaError `not-found` without its file, `corrupt-log` when it is damaged, `unsupported-feature` when it is outside the table
 */
export async function readDeletionVector(store: ObjectStore, vector: DeletionVectorDescriptor): Promise<Float64Array> {
  const path = deletionVectorPath(vector);
  const bytes = path === undefined ? inlineBytes(vector) : await fileBytes(store, path, vector);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const name = path ?? 'inline';
  if (bytes.length < 12 || view.getInt32(0, true) !== MAGIC) throw damaged(name, `it does not begin with ${MAGIC}`);
  let rows: Float64Array;
  try {
    rows = decodeRoaring64(bytes.subarray(4));
  } catch (cause) {
    throw damaged(name, 'it is no Roaring bitmap', { cause });
  }
  if (rows.length !== vector.cardinality) throw damaged(name, `it has ${rows.length} rows, wanted ${vector.cardinality}`);
  return rows;
}

function inlineBytes(vector: DeletionVectorDescriptor): Uint8Array {
  const bytes = decodeZ85(vector.pathOrInlineDv);
  if (bytes === undefined || bytes.length < vector.sizeInBytes) throw damaged('inline', 'it is not in base 85');
  return bytes.subarray(0, vector.sizeInBytes);
}

/** In the file, before the vector its size, after it its CRC-32, both big endian. */
async function fileBytes(store: ObjectStore, path: string, vector: DeletionVectorDescriptor): Promise<Uint8Array> {
  if (isAbsolutePath(path)) {
    throw new DeltaError('unsupported-feature', `Cannot read the deletion vector "${path}": it is outside the table`, { file: path });
  }
  const start = vector.offset ?? 1;
  const framed = await store.get(path, { start, end: start + vector.sizeInBytes + 8 });
  if (framed === undefined) throw new DeltaError('not-found', `Cannot read the deletion vector "${path}": it is absent`, { file: path });
  const view = new DataView(framed.buffer, framed.byteOffset, framed.byteLength);
  if (framed.length < vector.sizeInBytes + 8 || view.getInt32(0) !== vector.sizeInBytes) {
    throw damaged(path, `it has another size, wanted ${vector.sizeInBytes} bytes at ${start}`);
  }
  const bytes = framed.subarray(4, 4 + vector.sizeInBytes);
  const { crc32 } = await import('node:zlib');
  if (crc32(bytes) !== view.getUint32(4 + vector.sizeInBytes)) throw damaged(path, 'its checksum is another');
  return bytes;
}

function damaged(name: string, what: string, options?: ErrorOptions): DeltaError {
  return new DeltaError('corrupt-log', `Cannot read the deletion vector "${name}": ${what}`, { file: name }, options);
}
