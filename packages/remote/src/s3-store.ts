import { DeleteObjectCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import {
  assertObjectPath, assertObjectPrefix, type ByteRange, DeltaError, type ObjectMeta, type PutOptions, type StagedObject,
} from '@duckpond/delta';
import type { RemoteStore } from './remote-store.ts';
import { createS3Client, type S3Options } from './s3-client.ts';
import { isAbsent } from './s3-error.ts';
import { finishUpload, MultipartUpload } from './s3-multipart.ts';
import { readObject } from './s3-read.ts';
import { attempt, placeOf, type S3Bucket, sendConditional, sendOptions } from './s3-request.ts';
import { S3StagedObject } from './s3-staged-object.ts';
import { isStagingName, stagingName } from './s3-staging-name.ts';

/**
 * The objects of a bucket below a prefix. `putIfAbsent` relies on `If-None-Match: *`; `probeConditionalWrites` tells whether the
 * server does.
 *
 * Every request is tried again with growing pauses when the server or the network fails; what does not go away is a `RemoteError`
 * (`unavailable`, `refused`). Paths that are none are a `DeltaError` of code `storage`, as in every store.
 */
export function openS3Store(options: S3Options): RemoteStore {
  return new S3Store(options);
}

class S3Store implements RemoteStore {
  readonly label: string;
  readonly #prefix: string;
  readonly #bucket: S3Bucket;
  readonly #uuid: () => string;

  constructor(options: S3Options) {
    const { bucket, prefix, signal, uuid } = options;
    this.#uuid = uuid;
    this.#prefix = prefix === '' ? '' : `${prefix}/`;
    this.label = prefix === '' ? `s3://${bucket}` : `s3://${bucket}/${prefix}`;
    this.#bucket = { client: createS3Client(options), bucket, label: this.label, signal, key: (path) => this.#prefix + path };
  }

  async get(path: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    this.#assert(path);
    const chunks: Uint8Array[] = [];
    try {
      for await (const chunk of readObject(this.#bucket, path, range)) chunks.push(chunk);
    } catch (error) {
      if (error instanceof DeltaError && error.code === 'not-found') return undefined;
      throw error;
    }
    const [only] = chunks;
    return Uint8Array.from(only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks));
  }

  async *read(path: string, range?: ByteRange): AsyncGenerator<Uint8Array, void, undefined> {
    this.#assert(path);
    yield* readObject(this.#bucket, path, range);
  }

  async head(path: string): Promise<ObjectMeta | undefined> {
    this.#assert(path);
    return attempt(this.#bucket, 'look up', path, async () => {
      try {
        const { ContentLength, LastModified } = await this.#bucket.client.send(
          new HeadObjectCommand(placeOf(this.#bucket, path)), sendOptions(this.#bucket),
        );
        return { path, sizeBytes: ContentLength ?? 0, modifiedMillis: wholeSeconds(LastModified) };
      } catch (error) {
        if (isAbsent(error)) return undefined;
        throw error;
      }
    });
  }

  async *list(prefix: string): AsyncGenerator<ObjectMeta, void, undefined> {
    assertObjectPrefix(prefix);
    let token: string | undefined;
    do {
      const page = await attempt(this.#bucket, 'list', prefix, () => this.#bucket.client.send(new ListObjectsV2Command({
        Bucket: this.#bucket.bucket,
        Prefix: this.#bucket.key(prefix),
        EncodingType: 'url',
        ...(token === undefined ? {} : { ContinuationToken: token }),
      }), sendOptions(this.#bucket)));
      for (const { Key, Size, LastModified } of page.Contents ?? []) {
        const path = decodeKey(Key ?? '').slice(this.#prefix.length);
        // Other programs make keys that are no paths, such as those that stand for directories.
        if (path === '' || path.endsWith('/') || isStagingName(path)) continue;
        yield { path, sizeBytes: Size ?? 0, modifiedMillis: wholeSeconds(LastModified) };
      }
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  async put(path: string, bytes: Uint8Array, options?: PutOptions): Promise<void> {
    if (options?.isNew === true) {
      if (await this.putIfAbsent(path, bytes)) return;
      throw new DeltaError('storage', `Cannot write ${JSON.stringify(path)}: there is an object, a new name was wanted`, { path });
    }
    this.#assert(path);
    const body = Uint8Array.from(bytes);
    await attempt(this.#bucket, 'write', path, () => this.#bucket.client.send(
      new PutObjectCommand({ ...placeOf(this.#bucket, path), Body: body }), sendOptions(this.#bucket),
    ));
  }

  async putIfAbsent(path: string, bytes: Uint8Array, after?: Promise<unknown>): Promise<boolean> {
    this.#assert(path);
    const body = Uint8Array.from(bytes);
    await after;
    const command = (): PutObjectCommand => new PutObjectCommand({ ...placeOf(this.#bucket, path), Body: body, IfNoneMatch: '*' });
    return attempt(this.#bucket, 'create', path, async () => {
      const outcome = await sendConditional(() => this.#bucket.client.send(command(), sendOptions(this.#bucket)), this.#bucket.signal);
      if (outcome !== 'uncertain') return outcome === 'created';
      // The answer to an attempt was lost. The same bytes under this name are those of that attempt.
      const found = await this.get(path);
      return found !== undefined && Buffer.compare(found, body) === 0;
    });
  }

  putHint(path: string, bytes: Uint8Array): Promise<void> {
    return this.put(path, bytes);
  }

  async stage(): Promise<StagedObject> {
    const staging = stagingName(this.#uuid());
    return new S3StagedObject(new MultipartUpload(this.#bucket, staging), {
      putIfAbsent: (path, bytes) => this.putIfAbsent(path, bytes),
      publish: (upload, path) => this.#publish(upload, staging, path),
      assertPath: (path) => this.#assert(path),
    });
  }

  async upload(path: string, source: AsyncIterable<Uint8Array>): Promise<void> {
    this.#assert(path);
    const upload = new MultipartUpload(this.#bucket, path);
    try {
      for await (const chunk of source) await upload.write(chunk);
      if (!upload.isBegun) await this.put(path, upload.pending);
      else await finishUpload(this.#bucket, upload, path, false);
    } catch (error) {
      await upload.abort();
      throw error;
    }
  }

  async delete(path: string): Promise<void> {
    this.#assert(path);
    await this.#remove(path);
  }

  async #remove(path: string): Promise<void> {
    await attempt(this.#bucket, 'delete', path, async () => {
      try {
        await this.#bucket.client.send(new DeleteObjectCommand(placeOf(this.#bucket, path)), sendOptions(this.#bucket));
      } catch (error) {
        if (!isAbsent(error)) throw error;
      }
    });
  }

  close(): void {
    this.#bucket.client.destroy();
  }

  /** Under a name of its own first, as S3 wants to know it before the bytes; then, inside the server, under the name it is to have. */
  async #publish(upload: MultipartUpload, staging: string, path: string): Promise<boolean> {
    await finishUpload(this.#bucket, upload, staging, false);
    try {
      if (await this.head(path) !== undefined) return false;
      const copy = new MultipartUpload(this.#bucket, path);
      try {
        await copy.copyFrom(staging, upload.sizeBytes);
        return await finishUpload(this.#bucket, copy, path, true);
      } catch (error) {
        await copy.abort();
        throw error;
      }
    } finally {
      await this.#remove(staging);
    }
  }

  #assert(path: string): void {
    assertObjectPath(path);
    if (!isStagingName(path)) return;
    throw new DeltaError(
      'storage', `Cannot use the object path ${JSON.stringify(path)}: the name is that of an unfinished object`, { path },
    );
  }
}

/** Keys in listings are encoded, as XML has no control characters. */
function decodeKey(key: string): string {
  return decodeURIComponent(key.replace(/\+/g, '%20'));
}

/** In milliseconds; answers about one object have seconds, listings of some servers have more. */
function wholeSeconds(time: Date | undefined): number {
  return Math.floor((time?.getTime() ?? 0) / 1000) * 1000;
}
