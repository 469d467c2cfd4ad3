import type { Context } from '../context.ts';
import { destinations, sourcesAndDest } from '../destination.ts';
import { allMatches } from '../matches.ts';
import { changePond } from '../open-pond.ts';
import { emitLines } from '../output/emit.ts';
import { printable } from '../output/printable.ts';

export async function run(
  context: Context,
  { words }: { words: readonly string[] },
  { noClobber, dryRun }: { noClobber: boolean; dryRun: boolean },
): Promise<void> {
  const { sources: patterns, dest } = sourcesAndDest('mv', words);
  const { value } = await changePond(context, dryRun, async (root) => {
    const moves: string[] = [];
    const sources = await allMatches(root, patterns);
    const targets = await destinations(root, dest, sources);
    for (const [index, { path }] of sources.entries()) {
      const target = targets[index] ?? dest;
      await root.rename(path, target, { replace: !noClobber });
      context.detail(`${path} -> ${target}`);
      moves.push(`would move ${printable(path)} -> ${printable(target)}`);
    }
    return moves;
  });
  if (dryRun) await emitLines(context, value);
}
