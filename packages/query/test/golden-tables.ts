import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decompress } from 'fzstd';

/** The Spark-written tables that lie beside the repository, see the README there, unpacked. */

const FOLDER = fileURLToPath(new URL('../../../../shared/delta-golden/', import.meta.url));

export const HAS_GOLDEN: boolean = existsSync(FOLDER);

export const GOLDEN_NAMES: readonly string[] = HAS_GOLDEN
  ? readdirSync(FOLDER).filter((name) => name.endsWith('.tar.zst')).map((name) => name.slice(0, -'.tar.zst'.length))
  : [];

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
  for (const [path, bytes] of untar(decompress(readFileSync(join(FOLDER, `${name}.tar.zst`))))) {
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

const BLOCK = 512;

/** Regular files of a tar archive (POSIX ustar with pax and GNU paths). */
function* untar(bytes: Uint8Array): Generator<[path: string, bytes: Uint8Array]> {
  let longPath: string | undefined;
  for (let at = 0; at + BLOCK <= bytes.length && bytes[at] !== 0;) {
    const header = bytes.subarray(at, at + BLOCK);
    const size = Number.parseInt(text(header, 124, 12), 8);
    const body = bytes.subarray(at + BLOCK, at + BLOCK + size);
    const type = text(header, 156, 1);
    const prefix = text(header, 345, 155);
    const path = longPath ?? `${prefix === '' ? '' : `${prefix}/`}${text(header, 0, 100)}`;
    longPath = type === 'x' ? /(?:^|\n)\d+ path=([^\n]*)\n/.exec(text(body, 0, body.length))?.[1]
      : type === 'L' ? text(body, 0, body.length) : undefined;
    if (type === '0' || type === '') yield [path.replace(/^\.\//, ''), body];
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
}

function text(bytes: Uint8Array, start: number, length: number): string {
  return Buffer.from(bytes.subarray(start, start + length)).toString().split('\0')[0]?.trim() ?? '';
}
