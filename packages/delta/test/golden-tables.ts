import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decompressZstd } from 'hyparquet-compressors';

/** The Spark-written tables that lie beside the repository, see the README there. */

const FOLDER = fileURLToPath(new URL('../../../../shared/delta-golden/', import.meta.url));

export const HAS_GOLDEN: boolean = existsSync(FOLDER);

export const GOLDEN_NAMES: readonly string[] = HAS_GOLDEN
  ? readdirSync(FOLDER).filter((name) => name.endsWith('.tar.zst')).map((name) => name.slice(0, -'.tar.zst'.length))
  : [];

export interface GoldenTable {
  readonly name: string;
  /** Path in the table to bytes. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** The Parquet files of the rows that a reader returns; none where only the log is of interest. */
  readonly expected: readonly Uint8Array[];
}

/** The tables of one archive: one, or several in folders. */
export function readGolden(name: string): GoldenTable[] {
  const entries = [...untar(decompressZstd(readFileSync(join(FOLDER, `${name}.tar.zst`))))];
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

const BLOCK = 512;

/** Regular files of a tar archive (POSIX ustar with pax paths). */
function* untar(bytes: Uint8Array): Generator<[path: string, bytes: Uint8Array]> {
  let longPath: string | undefined;
  for (let at = 0; at + BLOCK <= bytes.length && bytes[at] !== 0;) {
    const header = bytes.subarray(at, at + BLOCK);
    const size = Number.parseInt(field(header, 124, 12), 8);
    const body = bytes.subarray(at + BLOCK, at + BLOCK + size);
    const type = field(header, 156, 1);
    const prefix = field(header, 345, 155);
    const path = longPath ?? (prefix === '' ? field(header, 0, 100) : `${prefix}/${field(header, 0, 100)}`);
    if (type === 'x') longPath = /(?:^|\n)\d+ path=([^\n]*)\n/.exec(Buffer.from(body).toString())?.[1];
    else if (type === 'L') longPath = field(body, 0, body.length);
    else {
      if (type === '0' || type === '') yield [path.replace(/^\.\//, ''), Uint8Array.from(body)];
      longPath = undefined;
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
}

function field(bytes: Uint8Array, start: number, length: number): string {
  const text = Buffer.from(bytes.subarray(start, start + length)).toString();
  const end = text.indexOf('\0');
  return (end < 0 ? text : text.slice(0, end)).trim();
}
