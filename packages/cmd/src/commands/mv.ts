import type { Context } from '../context.ts';
import { destinations, sourcesAndDest } from '../destination.ts';
import { allMatches } from '../matches.ts';
import { changePond } from '../open-pond.ts';

export async function run(
  context: Context,
  { words }: { words: readonly string[] },
  { noClobber, dryRun }: { noClobber: boolean; dryRun: boolean },
): Promise<void> {
  const { sources: patterns, dest } = sourcesAndDest('mv', words);
  await changePond(context, dryRun, async (root) => {
    const sources = await allMatches(root, patterns);
    const targets = await destinations(root, dest, sources);
    for (const [index, { path }] of sources.entries()) {
      const target = targets[index] ?? dest;
      await root.rename(path, target, { replace: !noClobber });
      context.detail(`${path} -> ${target}`);
    }
  });
}
