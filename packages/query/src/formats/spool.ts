import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ScanSession } from '../scan-session.ts';

/** Files that a reader makes out of its input for the length of a session, each with the name of what it was made from. */
export interface Spool {
  /** A new path for what is made of `source`; `extension` is what DuckDB may see, such as `csv`. */
  path(source: string, extension: string): string;
  /** The path that the user knows. */
  readonly original: (path: string) => string;
}

const spools = new WeakMap<ScanSession, Spool>();
// Paths of spools are unique, and what DuckDB says about one has no session.
const originals = new Map<string, string>();

/** The path that the user knows of a file that a spool holds; other paths are themselves. */
export function originalPath(path: string): string {
  return originals.get(path) ?? path;
}

/** The spool of a session: a directory below its spill directory, made when it is first needed and removed with the session. */
export function spoolOf(session: ScanSession): Spool {
  const existing = spools.get(session);
  if (existing !== undefined) return existing;
  const paths: string[] = [];
  let directory: string | undefined;
  const open = (): string => {
    mkdirSync(session.spillDirectory, { recursive: true });
    const made = mkdtempSync(join(session.spillDirectory, 'spool-'));
    session.atClose(() => {
      for (const path of paths) originals.delete(path);
      rmSync(made, { recursive: true, force: true });
    });
    return made;
  };
  const spool: Spool = {
    path: (source, extension) => {
      directory ??= open();
      const path = join(directory, `${paths.length}-${basename(source).replace(/[^A-Za-z0-9._-]/g, '_').slice(-80)}.${extension}`);
      paths.push(path);
      originals.set(path, source);
      return path;
    },
    original: originalPath,
  };
  spools.set(session, spool);
  return spool;
}
