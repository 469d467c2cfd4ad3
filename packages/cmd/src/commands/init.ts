import { createPond } from '@duckpond/pond';
import type { Context } from '../context.ts';
import { CliError, isError } from '../errors.ts';
import { namedPondOrFail, pondEnvironment } from '../open-pond.ts';
import { printable } from '../output/printable.ts';

export async function run(context: Context, _args: unknown, { birthplace }: { birthplace: string | undefined }): Promise<void> {
  const directory = namedPondOrFail(context);
  context.out.print(`Initializing pond at: ${printable(directory)}\n`);
  const pond = await createPond(directory, {
    environment: pondEnvironment(context.effects),
    command: context.commandLine,
    ...(birthplace === undefined ? {} : { birthplace }),
  }).catch((error: unknown) => {
    if (!isError(error, 'PondError', 'pond-exists')) throw error;
    const hint = "'pond status' tells about it; --pond DIR or POND=DIR names another directory";
    throw new CliError('failed', `Cannot initialize "${directory}": Pond already exists`, hint, { cause: error });
  });
  context.out.print('Successfully initialized pond with empty root directory\n');
  await pond.close();
}
