import { FuzzFailure, type FuzzTarget } from '@duckpond/oplog/testing/faults';
import { joinPath, matchGlob, normalizePath, parseGlob, parsePath } from '@duckpond/tinyfs';
import { type FlipCounts, prepare, tryDamage } from '../campaigns/flip-bytes.ts';

const text = (...texts: readonly string[]): Uint8Array[] => texts.map((one) => Buffer.from(one));

/** A whole pond in which one file is a mutant, for each kind of file; and the texts that name files. @param scratch for the pond */
export async function targets(scratch: string): Promise<readonly FuzzTarget[]> {
  const bench = await prepare({ scratch, pondSize: 1, variant: 'whole' });
  if (bench.failures.length > 0) throw new FuzzFailure(bench.failures.join('\n'));
  const kinds = new Map<string, [path: string, bytes: Uint8Array][]>();
  for (const [path, bytes] of bench.read) kinds.set(kindOf(path), [...kinds.get(kindOf(path)) ?? [], [path, bytes]]);
  const inPond = [...kinds].flatMap(([kind, files]) => files.slice(-1).map(([path, bytes]): FuzzTarget => ({
    name: `pond with a ${kind}`, corpus: [bytes], refusals: [], cost: 2500,
    async read(mutant) {
      const counts: FlipCounts = { tried: 0, found: 0, harmless: 0, refused: 0, failures: [] };
      if (Buffer.compare(mutant, bytes) !== 0) await tryDamage(bench, { path, bytes: mutant }, path, counts);
      if (counts.failures.length > 0) throw new FuzzFailure(counts.failures.join('\n'));
    },
  })));
  return [
    ...inPond,
    {
      name: 'path', corpus: text('/a/b/../c', 'x/./y', '/', '~/ü\u0301', 'a//b/'), words: ['..', '/', '.', '\0', '\ud800'], refusals: ['TinyFsError'],
      read(bytes) {
        const path = Buffer.from(bytes).toString();
        parsePath(path);
        const normal = normalizePath(joinPath('/', path));
        if (normalizePath(normal) !== normal || normal.split('/').includes('..')) throw new FuzzFailure(normal);
      },
    },
    {
      name: 'glob', corpus: text('/a/*/b?[a-z]{x,y*}/**', '**/[!a]b\\*', '{a,{b,c}}*'), words: ['{', '}', ',', '*', '**', '[', ']', '\\', '?', '[!'], refusals: ['TinyFsError'],
      read: (bytes) => matchGlob(parseGlob(Buffer.from(bytes).toString()), '/a/b/cdef/x*', {}),
    },
  ];
}

function kindOf(path: string): string {
  if (path.startsWith('_blobs/')) return 'blob';
  if (path.startsWith('_state/')) return path.endsWith('.arrow') ? 'folded state' : 'place of the folded state';
  if (path.endsWith('.crc')) return 'checksum file';
  if (path.endsWith('.checkpoint.parquet')) return 'checkpoint';
  if (path.endsWith('_last_checkpoint')) return 'place of the checkpoint';
  return path.startsWith('_delta_log/') ? 'commit' : path.endsWith('.gzip.parquet') ? 'merged data file' : 'data file';
}
