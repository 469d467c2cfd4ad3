import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { SiteError } from './errors.ts';

/** The directory that a site is built into. Nothing in it is touched that no build has written. */
export interface OutputDirectory {
  /** Puts a file there; one that has this content already stays as it is. */
  write(path: string, content: string | Uint8Array): void;
  /** The same under a name that has the hash of the content: `a.js` becomes `a.0123456789.js`. Returns the name. */
  writeHashed(path: string, content: string | Uint8Array): string;
  /** Keeps a file of the last build as it is. False when it is not there any more. */
  keep(path: string, sizeBytes: number): boolean;
  /** Keeps all files of the last build: how many; undefined, and nothing is kept, when one is not there any more. */
  keepAll(): number | undefined;
  /** Removes what the last build wrote and this one did not, and remembers what this one did. */
  finish(facts: Readonly<Record<string, unknown>>): OutputReport;
  /** What the last build remembered. */
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface OutputReport {
  readonly written: number;
  readonly kept: number;
  readonly removed: number;
}

const MANIFEST = '.duckpond-site.json';

interface Manifest {
  readonly format: 1;
  /** SHA-256 of each file by its path. */
  readonly files: Readonly<Record<string, string>>;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** @throws SiteError `foreign-files` for a directory that has files and was never built into */
export function openOutputDirectory(directory: string): OutputDirectory {
  const before = readManifest(directory);
  const files = new Map<string, string>();
  let written = 0;
  let kept = 0;

  const put = (path: string, bytes: Uint8Array, hash: string): void => {
    if (files.get(path) === hash) return;
    files.set(path, hash);
    const target = join(directory, path);
    if (before?.files[path] === hash && isFileOf(target, bytes.byteLength)) {
      kept += 1;
      return;
    }
    mkdirSync(dirname(target), { recursive: true });
    const temporary = `${target}.part`;
    try {
      writeFileSync(temporary, bytes);
      renameSync(temporary, target);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
    written += 1;
  };

  return {
    facts: before?.facts ?? {},
    write(path, content) {
      const bytes = bytesOf(content);
      put(path, bytes, hashOf(bytes));
    },
    writeHashed(path, content) {
      const bytes = bytesOf(content);
      const hash = hashOf(bytes);
      const { dir, name, ext } = posix.parse(path);
      const hashed = posix.join(dir, `${name}.${hash.slice(0, 10)}${ext}`);
      put(hashed, bytes, hash);
      return hashed;
    },
    keep(path, sizeBytes) {
      const hash = before?.files[path];
      if (hash === undefined || !isFileOf(join(directory, path), sizeBytes)) return false;
      if (!files.has(path)) kept += 1;
      files.set(path, hash);
      return true;
    },
    keepAll() {
      const all = Object.keys(before?.files ?? {});
      return all.every((path) => statSync(join(directory, path), { throwIfNoEntry: false })?.isFile()) ? all.length : undefined;
    },
    finish(facts) {
      const gone = Object.keys(before?.files ?? {}).filter((path) => !files.has(path));
      for (const path of gone) removeFile(directory, path);
      const manifest: Manifest = { format: 1, files: Object.fromEntries([...files].sort(([a], [b]) => (a < b ? -1 : 1))), facts };
      const text = `${JSON.stringify(manifest)}\n`;
      const path = join(directory, MANIFEST);
      mkdirSync(directory, { recursive: true });
      if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
        writeFileSync(`${path}.tmp`, text);
        renameSync(`${path}.tmp`, path);
      }
      return { written, kept, removed: gone.length };
    },
  };
}

function readManifest(directory: string): Manifest | undefined {
  const path = join(directory, MANIFEST);
  if (!existsSync(path)) {
    const [other] = existsSync(directory) ? readdirSync(directory) : [];
    if (other === undefined) return undefined;
    throw new SiteError(
      'foreign-files', `Cannot build into ${JSON.stringify(directory)}: it has ${JSON.stringify(other)} in it and was never built into, `
      + 'a new or an empty directory was wanted', { directory },
    );
  }
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (isManifest(value)) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new SiteError(
    'foreign-files', `Cannot build into ${JSON.stringify(directory)}: its ${MANIFEST} is not as a build left it, `
    + 'an empty directory was wanted',
    { directory },
  );
}

function isManifest(value: unknown): value is Manifest {
  if (typeof value !== 'object' || value === null || !('format' in value) || value.format !== 1) return false;
  if (!('files' in value) || typeof value.files !== 'object' || value.files === null) return false;
  const isInside = (path: string): boolean => !path.startsWith('/') && !path.split('/').includes('..');
  return Object.entries(value.files).every(([path, hash]) => isInside(path) && typeof hash === 'string');
}

/** Directories that this empties go with it. */
function removeFile(directory: string, path: string): void {
  rmSync(join(directory, path), { force: true });
  for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) {
    const target = join(directory, parent);
    if (!existsSync(target) || readdirSync(target).length > 0) return;
    rmdirSync(target);
  }
}

function isFileOf(path: string, sizeBytes: number): boolean {
  const facts = statSync(path, { throwIfNoEntry: false });
  return facts?.isFile() === true && facts.size === sizeBytes;
}

function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === 'string' ? Buffer.from(content) : content;
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
