import type { NodePath } from '@duckpond/tinyfs';
import type { Context } from '../context.ts';
import { allMatches } from '../matches.ts';
import { changePond } from '../open-pond.ts';
import { emitLines } from '../output/emit.ts';
import { printable } from '../output/printable.ts';

export async function run(
  context: Context,
  { paths }: { paths: readonly string[] },
  { recursive, dryRun }: { recursive: boolean; dryRun: boolean },
): Promise<void> {
  const { value } = await changePond(context, dryRun, async (root) => {
    const found = topmost(await allMatches(root, paths));
    for (const { path } of found) {
      await root.remove(path, { recursive });
      context.detail(`removed ${path}`);
    }
    return found;
  });
  if (dryRun) await emitLines(context, value.map(({ path }) => `would remove ${printable(path)}`));
}

/** Without what goes away with a directory above it. */
function topmost(found: readonly NodePath[]): readonly NodePath[] {
  const directories = new Set(found.map(({ path }) => `${path}/`));
  return found.filter(({ path }) => {
    for (let slash = path.indexOf('/', 1); slash !== -1; slash = path.indexOf('/', slash + 1)) {
      if (directories.has(path.slice(0, slash + 1))) return false;
    }
    return true;
  });
}
