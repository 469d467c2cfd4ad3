import type { Context } from '../context.ts';
import { changePond } from '../open-pond.ts';

/** Times of a pond belong to its transactions, so a file that is there stays as it is. */
export async function run(context: Context, { paths }: { paths: readonly string[] }): Promise<void> {
  await changePond(context, false, async (root) => {
    for (const path of paths) {
      if (!(await root.exists(path))) await root.write(path, []);
    }
  });
}
