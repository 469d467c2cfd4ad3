import type { Context } from '../context.ts';
import { withPond } from '../open-pond.ts';

export async function run(context: Context, { name }: { name: string }): Promise<void> {
  const { findAttachment, removeImport } = await import('@duckpond/remote');
  await withPond(context, async (pond) => {
    await removeImport(pond, await findAttachment(pond, 'remote', name), { command: context.commandLine });
  });
}
