import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GOLDEN_NAMES, HAS_GOLDEN, readGoldenArchive } from '@duckpond/delta/testing/golden';

export { GOLDEN_NAMES, HAS_GOLDEN };

export interface GoldenTable {
  readonly name: string;
  /** The directory of the table. */
  readonly root: string;
  /** The Parquet files of the rows that a reader returns; none where only the log is of interest. */
  readonly expected: readonly string[];
  /** How many data files are there. */
  readonly dataFiles: number;
}

/** The tables of one archive: one, or several in folders. */
export function unpackGolden(name: string, directory: string): GoldenTable[] {
  const paths: string[] = [];
  for (const [path, bytes] of readGoldenArchive(name)) {
    mkdirSync(join(directory, dirname(path)), { recursive: true });
    writeFileSync(join(directory, path), bytes);
    paths.push(path);
  }
  const expected = paths.filter((path) => /\/expected\/[^./][^/]*\.parquet$/.test(path)).map((path) => join(directory, path));
  const roots = new Set(paths.flatMap((path) => path.includes('/_delta_log/') ? [path.slice(0, path.indexOf('/_delta_log/'))] : []));
  if (roots.size === 0) roots.add(`${name}/delta`);
  return [...roots].map((root) => ({
    name: root === `${name}/delta` ? name : root,
    root: join(directory, root),
    expected,
    dataFiles: paths.filter((path) => path.startsWith(`${root}/`) && path.endsWith('.parquet') && !path.includes('/_delta_log/')).length,
  }));
}
