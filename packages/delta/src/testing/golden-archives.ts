import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decompressZstd } from 'hyparquet-compressors';

const FOLDER = fileURLToPath(new URL('../../../../../shared/delta-golden/', import.meta.url));

/** Whether the Spark-written tables are beside the repository: see the README there. */
export const HAS_GOLDEN: boolean = existsSync(FOLDER);

/** Each archive has one table, or several in folders, and the rows that a reader returns. */
export const GOLDEN_NAMES: readonly string[] = HAS_GOLDEN
  ? readdirSync(FOLDER).filter((name) => name.endsWith('.tar.zst')).map((name) => name.slice(0, -'.tar.zst'.length))
  : [];

/** The files of an archive by their paths in it: `NAME/delta/…`, `NAME/expected/…`. */
export function readGoldenArchive(name: string): ReadonlyMap<string, Uint8Array> {
  return new Map(untar(decompressZstd(readFileSync(join(FOLDER, `${name}.tar.zst`)))));
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
