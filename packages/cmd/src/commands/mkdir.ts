import type { Context } from '../context.ts';
import { changePond } from '../open-pond.ts';

export async function run(context: Context, { paths }: { paths: readonly string[] }, { parents }: { parents: boolean }): Promise<void> {
  await changePond(context, false, async (root) => {
    for (const path of paths) await root.mkdir(path, { parents });
  });
}
