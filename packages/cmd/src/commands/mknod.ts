import type { WritableWD } from '@duckpond/tinyfs';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { FACTORIES } from '../factories.ts';
import { readHostText } from '../host/read-text.ts';
import { changePond } from '../open-pond.ts';

interface Options {
  readonly configPath: string | undefined;
  readonly overwrite: boolean;
  readonly dryRun: boolean;
}

export async function run(context: Context, { factory: name, path }: { factory: string; path: string }, options: Options): Promise<void> {
  const { configPath, overwrite, dryRun } = options;
  if (configPath === undefined) {
    throw new CliError('usage', 'Cannot run "mknod": --config-path FILE is missing, a file with the config was wanted');
  }
  const { checkComputed, lookup, putComputed, refuseCyclesAt, unknownFactory } = await import('@duckpond/factories');
  const entry = FACTORIES.get(name);
  if (entry === undefined || entry.isInner === true) {
    throw new CliError('failed', `Cannot make "${path}": ${unknownFactory(name, FACTORIES)}`, "'pond factories' lists them");
  }
  const config = await readHostText(context, configPath);
  await checkComputed({ factory: name, config }, configPath, FACTORIES);
  await changePond(context, dryRun, async (root: WritableWD) => {
    const found = await lookup(root, path);
    if (found !== undefined && !overwrite) {
      const what = `Cannot make "${path}": it already exists, a free path was wanted`;
      throw new CliError('failed', what, '--overwrite replaces a computed node');
    }
    await putComputed(root, path, { factory: name, config }, found, FACTORIES);
    await refuseCyclesAt(root, [path], FACTORIES);
  });
}
