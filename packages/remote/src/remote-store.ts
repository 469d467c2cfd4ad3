import type { ObjectStore } from '@duckpond/delta';

/** An object store on another machine or disk, with the one call more that streams large objects there. */
export interface RemoteStore extends ObjectStore {
  /** What messages call it: a URL without credentials. */
  readonly label: string;

  /**
   * Writes an object whose name is known before its bytes, in pieces of bounded size; it appears whole or not at all. An object that is
   * there already may stay or be replaced: callers give names that only ever stand for these bytes.
   */
  upload(path: string, source: AsyncIterable<Uint8Array>): Promise<void>;

  /** Lets go of connections. */
  close(): void;
}
