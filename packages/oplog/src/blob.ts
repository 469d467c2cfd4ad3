import { createHash, type Hash, hash as hashOf } from 'node:crypto';
import type { ObjectStore, StagedObject } from '@duckpond/delta';
import { OplogError } from './errors.ts';

/** Content up to this size lives inside its record. */
export const INLINE_BYTES: number = 64 * 1024;

/** Bytes that are stored, or ready to be: either small enough for the record or a blob that is already durable. */
export type StoredContent =
  | { readonly inline: Uint8Array; readonly sizeBytes: number; readonly sha256: Uint8Array }
  | { readonly inline: undefined; readonly sizeBytes: number; readonly sha256: Uint8Array };

export function blobPath(sha256: Uint8Array): string {
  return `_blobs/sha256=${Buffer.from(sha256).toString('hex')}`;
}

/**
 * Takes in content in one pass: small content stays in memory, larger content streams into a blob under its SHA-256,
 * durable when this resolves. Identical content is stored once. No reader knows of the blob until a commit names it.
 *
 * @param inlineBytes content larger than this becomes a blob
 */
export async function storeContent(
  store: ObjectStore, source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, inlineBytes: number = INLINE_BYTES,
): Promise<StoredContent> {
  const bytes = Array.isArray(source) ? onlyChunk(source) : undefined;
  if (bytes !== undefined && bytes.byteLength <= inlineBytes) return inlineContent(Buffer.from(bytes));
  const head: Uint8Array[] = [];
  let hash: Hash | undefined;
  let sizeBytes = 0;
  let staged: StagedObject | undefined;
  try {
    for await (const chunk of source) {
      sizeBytes += chunk.byteLength;
      if (staged === undefined || hash === undefined) {
        head.push(Buffer.from(chunk)); // A source may use its buffer again.
        if (sizeBytes <= inlineBytes) continue;
        hash = createHash('sha256');
        staged = await store.stage();
        for (const kept of head.splice(0)) await write(staged, hash, kept);
      } else {
        await write(staged, hash, chunk);
      }
    }
    if (staged === undefined || hash === undefined) {
      const [only] = head;
      return inlineContent(only !== undefined && head.length === 1 ? only : Buffer.concat(head, sizeBytes));
    }
    const sha256 = hash.digest();
    await removeIfDamaged(store, blobPath(sha256), sizeBytes, sha256);
    await staged.publish(blobPath(sha256));
    return { inline: undefined, sizeBytes, sha256 };
  } catch (error) {
    await staged?.discard();
    throw error;
  }
}

function onlyChunk(chunks: readonly unknown[]): Uint8Array | undefined {
  const [only] = chunks;
  return chunks.length === 1 && only instanceof Uint8Array ? only : undefined;
}

function inlineContent(inline: Uint8Array): StoredContent {
  return { inline, sizeBytes: inline.byteLength, sha256: hashOf('sha256', inline, 'buffer') };
}

/** Bytes are hashed while they are being written. */
async function write(staged: StagedObject, hash: Hash, bytes: Uint8Array): Promise<void> {
  const written = staged.write(bytes);
  hash.update(bytes);
  await written;
}

/** What is there under the hash of new content serves instead of it, but only while it is what it should be. */
async function removeIfDamaged(store: ObjectStore, path: string, sizeBytes: number, sha256: Uint8Array): Promise<void> {
  const meta = await store.head(path);
  if (meta === undefined) return;
  const hash = createHash('sha256');
  if (meta.sizeBytes === sizeBytes) for await (const chunk of store.read(path)) hash.update(chunk);
  if (meta.sizeBytes !== sizeBytes || !hash.digest().equals(sha256)) await store.delete(path);
}

/** Streams a blob, or a part of it. A whole read ends with `corrupt-blob` when the bytes are not what was written. */
export async function* readBlob(
  store: ObjectStore, sha256: Uint8Array, sizeBytes: number, range?: { readonly start: number; readonly end: number },
): AsyncGenerator<Uint8Array> {
  const path = blobPath(sha256);
  const meta = await store.head(path);
  if (meta === undefined) throw damaged(path, 'it is missing');
  if (meta.sizeBytes !== sizeBytes) throw damaged(path, `it has ${meta.sizeBytes} bytes, ${sizeBytes} were written`);
  const whole = range === undefined || (range.start <= 0 && range.end >= sizeBytes);
  if (!whole) {
    yield* store.read(path, range);
    return;
  }
  const hash = createHash('sha256');
  for await (const chunk of store.read(path)) {
    hash.update(chunk);
    yield chunk;
  }
  if (!hash.digest().equals(sha256)) throw damaged(path, 'its bytes do not match its SHA-256');
}

function damaged(path: string, what: string): OplogError {
  return new OplogError('corrupt-blob', `Cannot read the blob "${path}": ${what}`, { file: path });
}
