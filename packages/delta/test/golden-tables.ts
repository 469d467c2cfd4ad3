import { GOLDEN_NAMES, HAS_GOLDEN, readGoldenArchive } from '../src/testing/golden-archives.ts';

export { GOLDEN_NAMES, HAS_GOLDEN };

export interface GoldenTable {
  readonly name: string;
  /** Path in the table to bytes. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** The Parquet files of the rows that a reader returns; none where only the log is of interest. */
  readonly expected: readonly Uint8Array[];
}

/** The tables of one archive: one, or several in folders. */
export function readGolden(name: string): GoldenTable[] {
  const entries = [...readGoldenArchive(name)];
  const expected = entries.flatMap(([path, bytes]) => /\/expected\/[^/]*\.parquet$/.test(path) && !/\/\.[^/]*$/.test(path) ? [bytes] : []);
  const inside = entries.flatMap(([path, bytes]) => {
    const at = path.indexOf('/delta/');
    return at < 0 ? [] : [[path.slice(at + '/delta/'.length), bytes] as const];
  });
  const roots = new Set(inside.flatMap(([path]) => path.includes('_delta_log/') ? [path.slice(0, path.indexOf('_delta_log/'))] : []));
  if (roots.size === 0) roots.add('');
  return [...roots].map((root) => ({
    name: `${name}${root === '' ? '' : ` ${root.slice(0, -1)}`}`,
    files: new Map(inside.filter(([path]) => path.startsWith(root)).map(([path, bytes]) => [path.slice(root.length), bytes])),
    expected,
  }));
}
