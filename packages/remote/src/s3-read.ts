import { setTimeout } from 'node:timers/promises';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { type ByteRange, DeltaError } from '@duckpond/delta';
import { RemoteError } from './errors.ts';
import { faultOf, isAbsent, s3Error } from './s3-error.ts';
import { placeOf, type S3Bucket, sendOptions } from './s3-request.ts';

const CHUNK_BYTES = 1 << 20;
/** How often a download that breaks is taken up again without a byte gained in between. */
const RESUMES = 5;
const RESUME_MILLIS = 100;

/** A part of an object from its beginning, and the rest when it is asked for. */
interface Opened {
  readonly body: AsyncIterable<Uint8Array>;
  /** Of the bytes that this answer has. */
  readonly sizeBytes: number;
  readonly etag: string | undefined;
}

/**
 * The bytes of an object in chunks of at most 1 MiB. A connection that breaks half-way is taken up where it broke, and only while the
 * object is still the same.
 *
 * @throws DeltaError `not-found`; RemoteError
 */
export async function* readObject(bucket: S3Bucket, path: string, range?: ByteRange): AsyncGenerator<Uint8Array, void, undefined> {
  const end = range === undefined ? undefined : Math.max(range.start, range.end);
  let start = range?.start ?? 0;
  let etag: string | undefined;
  let last: number | undefined;
  for (let failures = 0; ;) {
    let gained = 0;
    try {
      const opened = await open(bucket, path, start, end, etag);
      if (opened === undefined) return;
      etag = opened.etag;
      last ??= start + opened.sizeBytes;
      for await (const piece of opened.body) {
        gained += piece.byteLength;
        start += piece.byteLength;
        for (let at = 0; at < piece.byteLength; at += CHUNK_BYTES) yield piece.subarray(at, at + CHUNK_BYTES);
      }
      if (start >= last) return;
      throw new Error('the answer ended before the object');
    } catch (error) {
      if (error instanceof DeltaError || error instanceof RemoteError || bucket.signal?.aborted === true) throw final(error);
      // An answer with a status has been tried often enough already.
      if (faultOf(error).status !== undefined) throw final(error);
      failures = gained > 0 ? 1 : failures + 1;
      if (failures > RESUMES) throw final(error);
      await setTimeout(RESUME_MILLIS * 2 ** failures);
    }
  }

  function final(error: unknown): unknown {
    if (isAbsent(error)) return new DeltaError('not-found', `Cannot read ${JSON.stringify(path)}: there is no such object`, { path });
    if (faultOf(error).status === 412) {
      return new RemoteError(
        'unavailable', `Cannot read "${bucket.label}/${path}": it was replaced meanwhile, one version was wanted`, { path },
      );
    }
    return s3Error(error, 'read', bucket.label, path, bucket.signal);
  }
}

async function open(
  bucket: S3Bucket, path: string, start: number, end: number | undefined, etag: string | undefined,
): Promise<Opened | undefined> {
  // No range is empty in HTTP: one byte tells whether the object is there.
  const isEmpty = end !== undefined && end <= start;
  const last = isEmpty ? start : end === undefined ? '' : end - 1;
  try {
    const { Body, ContentLength, ETag } = await bucket.client.send(new GetObjectCommand({
      ...placeOf(bucket, path),
      ...(start === 0 && end === undefined ? {} : { Range: `bytes=${start}-${last}` }),
      ...(etag === undefined ? {} : { IfMatch: etag }),
    }), sendOptions(bucket));
    const body = Body as (AsyncIterable<Uint8Array> & { destroy?: () => void }) | undefined;
    if (isEmpty || body === undefined) {
      body?.destroy?.();
      return undefined;
    }
    return { body, sizeBytes: ContentLength ?? 0, etag: ETag };
  } catch (error) {
    // A range that begins at or after the end: the object is there and has nothing more.
    if (faultOf(error).status === 416) return undefined;
    throw error;
  }
}
