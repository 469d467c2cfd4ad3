import { HAS_GOLDEN, readGoldenArchive } from '@duckpond/query/testing/golden';

export { HAS_GOLDEN };

/** The files of a Spark-written table by their paths in it. */
export function readGolden(name: string): ReadonlyMap<string, Uint8Array> {
  const root = `${name}/delta/`;
  return new Map([...readGoldenArchive(name)].flatMap(([path, bytes]) => (path.startsWith(root) ? [[path.slice(root.length), bytes] as const] : [])));
}
