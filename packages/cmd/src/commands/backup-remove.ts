import type { Context } from '../context.ts';
import { withPond } from '../open-pond.ts';

export async function run(context: Context, { name }: { name: string }): Promise<void> {
  const { attachmentKey, findAttachment, removeStatus } = await import('@duckpond/remote');
  await withPond(context, async (pond) => {
    const { attachment } = await findAttachment(pond, 'backup', name);
    await pond.setSetting(attachmentKey('backup', name), '', { command: context.commandLine });
    await removeStatus(pond.directory, name);
    context.note(`${name} is no backup of this pond any more; what is at ${attachment.url} stays there`);
  });
}
