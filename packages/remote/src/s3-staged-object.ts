import { DeltaError, type StagedObject } from '@duckpond/delta';
import type { MultipartUpload } from './s3-multipart.ts';

interface Publisher {
  putIfAbsent(path: string, bytes: Uint8Array): Promise<boolean>;
  publish(upload: MultipartUpload, path: string): Promise<boolean>;
  assertPath(path: string): void;
}

/** Bytes on their way to a bucket: small ones wait in memory, large ones in parts on the server. */
export class S3StagedObject implements StagedObject {
  readonly #upload: MultipartUpload;
  readonly #publisher: Publisher;
  #hasEnded = false;

  constructor(upload: MultipartUpload, publisher: Publisher) {
    this.#upload = upload;
    this.#publisher = publisher;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#assertOpen();
    try {
      await this.#upload.write(chunk);
    } catch (error) {
      await this.discard();
      throw error;
    }
  }

  async publish(path: string): Promise<boolean> {
    this.#assertOpen();
    this.#publisher.assertPath(path);
    this.#hasEnded = true;
    if (!this.#upload.isBegun) return this.#publisher.putIfAbsent(path, this.#upload.pending);
    try {
      return await this.#publisher.publish(this.#upload, path);
    } catch (error) {
      await this.#upload.abort();
      throw error;
    }
  }

  async discard(): Promise<void> {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    await this.#upload.abort();
  }

  #assertOpen(): void {
    if (this.#hasEnded) throw new DeltaError('storage', 'Cannot use a staged object: it was already published or discarded', {});
  }
}
