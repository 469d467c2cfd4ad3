import { stat } from 'node:fs/promises';
import { literalPrefix, parseGlob } from '@duckpond/tinyfs';
import { hostFiles } from '../inbox/host-files.ts';
import type { HostLog } from './host-log.ts';

/** A config with its defaults. */
export interface LogPatterns {
  readonly active: string;
  readonly archived: string;
}

const COMPRESSIONS: ReadonlyMap<string, HostLog['compression']> = new Map([
  ['.gz', 'gzip'], ['.zst', 'zstd'], ['.zstd', 'zstd'], ['.bz2', 'bzip2'],
]);

/**
 * The logs that the patterns match, by path. What both match is an archive. Of a log and its compressed form only the log: it is
 * being compressed just now.
 *
 * @throws FactoryError `bad-input` when a directory is not there
 */
export async function findLogs({ active, archived }: LogPatterns): Promise<readonly HostLog[]> {
  const base = sharedDirectory([active, archived]);
  const archives = await hostFiles(archived);
  const known = new Set(archives.map(({ path }) => path));
  const actives = (await hostFiles(active)).filter(({ path }) => !known.has(path));
  const logs: HostLog[] = [];
  for (const [isArchive, files] of [[true, archives], [false, actives]] as const) {
    for (const { path } of files) {
      const facts = await stat(path, { bigint: true }).catch(() => undefined);
      if (facts === undefined) continue;
      const suffix = /[.](gz|zstd?|bz2)$/.exec(path)?.[0] ?? '';
      logs.push({
        path, isArchive, compression: COMPRESSIONS.get(suffix), name: path.slice(base.length + 1, path.length - suffix.length),
        sizeBytes: Number(facts.size), modifiedMillis: Number(facts.mtimeMs), inode: String(facts.ino),
      });
    }
  }
  const plain = new Set(logs.flatMap(({ name, compression }) => (compression === undefined ? [name] : [])));
  const names = new Set<string>();
  return logs.sort((a, b) => (a.path < b.path ? -1 : 1)).filter(({ name, compression }) => {
    const isFirst = compression === undefined || (!plain.has(name) && !names.has(name));
    names.add(name);
    return isFirst;
  });
}

/** The deepest directory that all patterns are below. */
function sharedDirectory(patterns: readonly string[]): string {
  const [first = [], ...others] = patterns.map((pattern) => {
    const glob = parseGlob(pattern);
    const prefix = literalPrefix(glob);
    return prefix.slice(0, Math.min(prefix.length, glob.parts.length - 1));
  });
  const end = first.findIndex((name, at) => others.some((other) => other[at] !== name));
  const shared = end < 0 ? first : first.slice(0, end);
  return shared.map((name) => `/${name}`).join('');
}
