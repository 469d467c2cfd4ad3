import { mkdtempSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ScanSession } from '../scan-session.ts';

/** Files that a reader makes out of its input for the length of a session, each with the name of what it was made from. */
export interface Spool {
  /** A new path for what is made of `source`; `extension` is what DuckDB may see, such as `csv`. */
  path(source: string, extension: string): string;
  /** The path that the user knows. */
  original(path: string): string;
}

const spools = new WeakMap<ScanSession, Spool>();

/** The spool of a session: a directory below its spill directory, made when it is first needed and removed with the session. */
export function spoolOf(session: ScanSession): Spool {
  const existing = spools.get(session);
  if (existing !== undefined) return existing;
  const sources = new Map<string, string>();
  let directory: string | undefined;
  const open = (): string => {
    const made = mkdtempSync(join(session.spillDirectory, 'spool-'));
    session.atClose(() => rmSync(made, { recursive: true, force: true }));
    return made;
  };
  const spool: Spool = {
    path: (source, extension) => {
      directory ??= open();
      const path = join(directory, `${sources.size}-${basename(source).replace(/[^A-Za-z0-9._-]/g, '_').slice(-80)}.${extension}`);
      sources.set(path, source);
      return path;
    },
    original: (path) => sources.get(path) ?? path,
  };
  spools.set(session, spool);
  return spool;
}
