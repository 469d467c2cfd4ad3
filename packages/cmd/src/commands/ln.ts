import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { changePond } from '../open-pond.ts';

export async function run(
  context: Context,
  { target, path }: { target: string; path: string },
  { symbolic }: { symbolic: boolean },
): Promise<void> {
  if (!symbolic) {
    throw new CliError('usage', `Cannot link "${path}": a pond has symbolic links only, -s was wanted`, `pond ln -s "${target}" "${path}"`);
  }
  await changePond(context, false, (root) => root.symlink(target, path));
}
