import { createHash } from 'node:crypto';

export interface TestObject {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly modifiedMillis: number;
}

/** What an operation answers: a code of S3 when it is refused. */
export type Outcome<T> = { readonly value: T } | { readonly code: string; readonly status: number };

export interface Condition {
  readonly ifNoneMatch: string | undefined;
  readonly ifMatch: string | undefined;
}

interface Upload {
  readonly key: string;
  readonly parts: Map<number, Buffer>;
}

const LEAST_PART_BYTES = 5 * 1024 * 1024;

/** The objects of one bucket, with S3's rules for conditions and for uploads in parts. */
export class TestBucket {
  readonly objects: Map<string, TestObject> = new Map();
  readonly uploads: Map<string, Upload> = new Map();
  readonly #nowMillis: () => number;
  #uploadCount = 0;

  constructor(nowMillis: () => number) {
    this.#nowMillis = nowMillis;
  }

  /** Keys in the order of their UTF-8 bytes. */
  keys(prefix: string): string[] {
    return [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }

  put(key: string, bytes: Buffer, condition: Condition): Outcome<TestObject> {
    return this.#put(key, bytes, `"${createHash('md5').update(bytes).digest('hex')}"`, condition);
  }

  begin(key: string): string {
    const id = `upload-${++this.#uploadCount}`;
    this.uploads.set(id, { key, parts: new Map() });
    return id;
  }

  putPart(id: string, key: string, part: number, bytes: Buffer): Outcome<string> {
    const upload = this.uploads.get(id);
    if (upload?.key !== key) return { code: 'NoSuchUpload', status: 404 };
    if (!(part >= 1 && part <= 10_000)) return { code: 'InvalidArgument', status: 400 };
    upload.parts.set(part, bytes);
    return { value: `"${createHash('md5').update(bytes).digest('hex')}"` };
  }

  complete(
    id: string, key: string, parts: readonly { readonly part: number; readonly etag: string }[], condition: Condition,
  ): Outcome<TestObject> {
    const upload = this.uploads.get(id);
    if (upload?.key !== key) return { code: 'NoSuchUpload', status: 404 };
    const hashes = createHash('md5');
    const chunks: Buffer[] = [];
    for (const [index, { part, etag }] of parts.entries()) {
      const bytes = upload.parts.get(part);
      const hash = bytes === undefined ? undefined : createHash('md5').update(bytes).digest();
      const isSame = hash?.toString('hex') === etag.replaceAll('"', '');
      if (bytes === undefined || hash === undefined || !isSame) return { code: 'InvalidPart', status: 400 };
      if (index < parts.length - 1 && bytes.byteLength < LEAST_PART_BYTES) return { code: 'EntityTooSmall', status: 400 };
      if (index > 0 && part <= (parts[index - 1]?.part ?? 0)) return { code: 'InvalidPartOrder', status: 400 };
      hashes.update(hash);
      chunks.push(bytes);
    }
    if (parts.length === 0) return { code: 'MalformedXML', status: 400 };
    const made = this.#put(key, Buffer.concat(chunks), `"${hashes.digest('hex')}-${parts.length}"`, condition);
    if ('value' in made) this.uploads.delete(id);
    return made;
  }

  #put(key: string, bytes: Buffer, etag: string, { ifNoneMatch, ifMatch }: Condition): Outcome<TestObject> {
    const there = this.objects.get(key);
    if (ifNoneMatch === '*' && there !== undefined) return { code: 'PreconditionFailed', status: 412 };
    if (ifNoneMatch !== undefined && ifNoneMatch !== '*') return { code: 'NotImplemented', status: 501 };
    if (ifMatch !== undefined && ifMatch !== there?.etag) return { code: 'PreconditionFailed', status: 412 };
    const object = { bytes, etag, modifiedMillis: this.#nowMillis() };
    this.objects.set(key, object);
    return { value: object };
  }
}
