/**
 * The port to whatever keeps bytes under names: a directory, memory, a bucket.
 *
 * It is as small as the weakest of them. Absence is a value (`undefined`, `false`), never an error.
 * Every implementation and every wrapper runs the suite in `testing/object-store-suite.ts`.
 *
 * Paths are relative, separated by `/`, without empty, `.` or `..` components, and are not URL-encoded.
 */

/** Half-open range of bytes: `start` is in it, `end` is not. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface ObjectMeta {
  readonly path: string;
  readonly sizeBytes: number;
  /** Milliseconds since 1970, by the clock of whoever keeps the object. */
  readonly modifiedMillis: number;
}

export interface PutOptions {
  /**
   * Nobody knows the name yet, and nobody will before this call has resolved: a failure or a power cut may leave a part of
   * the object. The call rejects where there is an object already. Other calls may be made meanwhile.
   */
  readonly isNew?: boolean;
}

export interface ObjectStore {
  /** The bytes of an object or of a part of it; a range that reaches past the end is cut there. */
  get(path: string, range?: ByteRange): Promise<Uint8Array | undefined>;

  /** The object as chunks of at most 1 MiB, without ever holding it whole; rejects with `not-found`. */
  read(path: string, range?: ByteRange): AsyncIterable<Uint8Array>;

  head(path: string): Promise<ObjectMeta | undefined>;

  /** Every object whose path begins with `prefix`, in the order of the UTF-8 bytes of the paths; unfinished writes are not listed. */
  list(prefix: string): AsyncIterable<ObjectMeta>;

  /** Replaces the object as a whole. Once resolved, it survives a power cut, and so do removals before it in the same directory. */
  put(path: string, bytes: Uint8Array, options?: PutOptions): Promise<void>;

  /**
   * Creates the object unless one is there: of any number of racing callers exactly one gets `true`, and no reader
   * ever sees a part. Once resolved with `true`, it survives a power cut.
   *
   * @param after the object does not appear before this has resolved, and not at all when it rejects, which the call then does, too;
   * what can be done without the name is done meanwhile. Wrappers pass it on
   */
  putIfAbsent(path: string, bytes: Uint8Array, after?: Promise<unknown>): Promise<boolean>;

  /** Like `put`, but a power cut may lose the object or its bytes: for what can be rebuilt. */
  putHint(path: string, bytes: Uint8Array): Promise<void>;

  /** Begins an object whose name is known only when all its bytes are: content stored under its hash. */
  stage(): Promise<StagedObject>;

  /** Removes the object; one that is absent is no error. */
  delete(path: string): Promise<void>;
}

/**
 * Bytes on their way to a name. Exactly one of `publish` and `discard` ends it, after which there is no `write` and no `publish`.
 * A `write` that fails ends it too. `discard` after the end does nothing, so that it can stand in a `finally`.
 */
export interface StagedObject {
  write(chunk: Uint8Array): Promise<void>;

  /**
   * Makes the bytes durable under `path` unless an object is there already, in which case they are dropped.
   *
   * @returns whether these bytes are the ones that are there now
   */
  publish(path: string): Promise<boolean>;

  discard(): Promise<void>;
}
