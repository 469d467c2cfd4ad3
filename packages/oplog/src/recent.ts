/** What was used last, up to a sum of sizes. */
export interface Recent<V> {
  get(key: string): V | undefined;
  /** What is larger than half of the room is not kept. */
  put(key: string, value: V, sizeBytes: number): void;
  /** Lets go of every key that begins so. */
  drop(prefix: string): void;
}

export function createRecent<V>(roomBytes: number): Recent<V> {
  /** Oldest first. */
  const kept = new Map<string, { readonly value: V; readonly sizeBytes: number }>();
  let keptBytes = 0;

  function remove(key: string): void {
    keptBytes -= kept.get(key)?.sizeBytes ?? 0;
    kept.delete(key);
  }

  return {
    get(key) {
      const found = kept.get(key);
      if (found === undefined) return undefined;
      kept.delete(key);
      kept.set(key, found);
      return found.value;
    },
    put(key, value, sizeBytes) {
      if (sizeBytes > roomBytes / 2) return;
      remove(key);
      kept.set(key, { value, sizeBytes });
      keptBytes += sizeBytes;
      for (const oldest of kept.keys()) {
        if (keptBytes <= roomBytes) break;
        remove(oldest);
      }
    },
    drop(prefix) {
      for (const key of kept.keys()) if (key.startsWith(prefix)) remove(key);
    },
  };
}
