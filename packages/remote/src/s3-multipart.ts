import {
  AbortMultipartUploadCommand, type CompletedPart, CompleteMultipartUploadCommand, type CompleteMultipartUploadCommandInput,
  CreateMultipartUploadCommand, HeadObjectCommand, UploadPartCommand, UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { faultOf, isAbsent } from './s3-error.ts';
import { attempt, placeOf, type S3Bucket, sendConditional, sendOptions } from './s3-request.ts';

/** Parts are of 8 MiB, and after every thousand of them twice as large: 10,000 parts, the most there may be, hold terabytes. */
const PART_BYTES = 8 * 1024 * 1024;
const PARTS_OF_ONE_SIZE = 1000;
const PARTS_AT_ONCE = 2;
/** S3 copies at most 5 GiB in one request. */
const COPY_BYTES = 512 * 1024 * 1024;

/** An object that is sent in parts. Nobody sees it before `complete`; exactly one of `complete` and `abort` ends it. */
export class MultipartUpload {
  readonly #bucket: S3Bucket;
  readonly #path: string;
  #id: Promise<string> | undefined;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  readonly #parts: Promise<CompletedPart>[] = [];
  readonly #running = new Set<Promise<unknown>>();
  #failure: { readonly error: unknown } | undefined;
  #sizeBytes = 0;

  constructor(bucket: S3Bucket, path: string) {
    this.#bucket = bucket;
    this.#path = path;
  }

  /** How many bytes were written. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get isBegun(): boolean {
    return this.#id !== undefined;
  }

  /** All bytes, as long as no part has been sent. */
  get pending(): Uint8Array {
    return Buffer.concat(this.#pending, this.#pendingBytes);
  }

  /** Takes over the chunk; resolves when there is room for the next. */
  async write(chunk: Uint8Array): Promise<void> {
    this.#sizeBytes += chunk.byteLength;
    for (let at = 0; at < chunk.byteLength;) {
      const room = this.#partBytes() - this.#pendingBytes;
      const piece = Buffer.from(chunk.subarray(at, at + room)); // A source may use its buffer again.
      this.#pending.push(piece);
      this.#pendingBytes += piece.byteLength;
      at += piece.byteLength;
      if (this.#pendingBytes >= this.#partBytes()) await this.#sendPart();
    }
  }

  /** Fills the upload with the bytes of another object of the bucket, inside the server. */
  async copyFrom(source: string, sizeBytes: number): Promise<void> {
    const CopySource = `${this.#bucket.bucket}/${encodeURIComponent(this.#bucket.key(source))}`;
    const UploadId = await this.#begin();
    for (let start = 0; start < sizeBytes; start += COPY_BYTES) {
      const range = `bytes=${start}-${Math.min(start + COPY_BYTES, sizeBytes) - 1}`;
      this.#addPart((PartNumber) => attempt(this.#bucket, 'write', this.#path, async () => {
        const { CopyPartResult } = await this.#bucket.client.send(new UploadPartCopyCommand({
          ...placeOf(this.#bucket, this.#path), UploadId, PartNumber, CopySource, CopySourceRange: range,
        }), sendOptions(this.#bucket));
        return CopyPartResult?.ETag;
      }));
      await this.#roomForMore();
    }
  }

  /** What the request says that makes an object of the parts. */
  async completion(): Promise<CompleteMultipartUploadCommandInput> {
    if (this.#pendingBytes > 0 || this.#parts.length === 0) await this.#sendPart();
    const Parts = await Promise.all(this.#parts);
    return { ...placeOf(this.#bucket, this.#path), UploadId: await this.#begin(), MultipartUpload: { Parts } };
  }

  /** Lets go of what was sent. A failure leaves parts that a lifecycle rule of the bucket removes. */
  async abort(): Promise<void> {
    this.#pending = [];
    await Promise.allSettled(this.#parts);
    if (this.#id === undefined) return;
    try {
      const UploadId = await this.#id;
      await this.#bucket.client.send(new AbortMultipartUploadCommand({ ...placeOf(this.#bucket, this.#path), UploadId }));
    } catch {
      // What went wrong before is what the caller is to hear of.
    }
  }

  #partBytes(): number {
    return PART_BYTES * 2 ** Math.floor(this.#parts.length / PARTS_OF_ONE_SIZE);
  }

  async #sendPart(): Promise<void> {
    const body = this.pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#addPart((PartNumber) => attempt(this.#bucket, 'write', this.#path, async () => {
      const place = { ...placeOf(this.#bucket, this.#path), UploadId: await this.#begin(), PartNumber };
      return (await this.#bucket.client.send(new UploadPartCommand({ ...place, Body: body }), sendOptions(this.#bucket))).ETag;
    }));
    await this.#roomForMore();
  }

  #addPart(send: (partNumber: number) => Promise<string | undefined>): void {
    const PartNumber = this.#parts.length + 1;
    const sent = send(PartNumber).then((ETag): CompletedPart => ({ PartNumber, ...(ETag === undefined ? {} : { ETag }) }));
    this.#parts.push(sent);
    const running: Promise<unknown> = sent.catch((error: unknown) => { this.#failure ??= { error }; })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Waits until few enough parts are on their way. @throws what one of them failed with */
  async #roomForMore(): Promise<void> {
    while (this.#running.size >= PARTS_AT_ONCE) await Promise.race(this.#running);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #begin(): Promise<string> {
    return (this.#id ??= attempt(this.#bucket, 'write', this.#path, async () => {
      const { UploadId } = await this.#bucket.client.send(
        new CreateMultipartUploadCommand(placeOf(this.#bucket, this.#path)), sendOptions(this.#bucket),
      );
      if (UploadId === undefined) throw new Error('the server gives no id for an upload');
      return UploadId;
    }));
  }
}

/**
 * Makes an object of the parts.
 *
 * @param ifAbsent only where there is no object of the name
 * @returns false when there was one
 */
export async function finishUpload(bucket: S3Bucket, upload: MultipartUpload, path: string, ifAbsent: boolean): Promise<boolean> {
  const input = await upload.completion();
  return attempt(bucket, 'write', path, async () => {
    const command = (): CompleteMultipartUploadCommand =>
      new CompleteMultipartUploadCommand({ ...input, ...(ifAbsent ? { IfNoneMatch: '*' } : {}) });
    try {
      const outcome = await sendConditional(() => bucket.client.send(command(), sendOptions(bucket)), bucket.signal);
      return outcome === 'created' || (outcome === 'uncertain' && await isMadeOf(bucket, path, input));
    } catch (error) {
      // An upload that is gone has been completed by an attempt whose answer was lost.
      if (!isAbsent(error) || faultOf(error).attempts < 2 || !await isMadeOf(bucket, path, input)) throw error;
      return true;
    }
  });
}

/** Whether the object has as many parts as were sent: its ETag says so on every server, and the name was free before. */
async function isMadeOf(bucket: S3Bucket, path: string, input: CompleteMultipartUploadCommandInput): Promise<boolean> {
  try {
    const { ETag } = await bucket.client.send(new HeadObjectCommand(placeOf(bucket, path)), sendOptions(bucket));
    return ETag === undefined || ETag.replaceAll('"', '').endsWith(`-${input.MultipartUpload?.Parts?.length ?? 0}`);
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}
