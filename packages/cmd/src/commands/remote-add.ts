import type { Context } from '../context.ts';
import { withPond } from '../open-pond.ts';
import { type AttachmentOptions, attachmentOf } from '../remotes/attachment-options.ts';
import { withStore } from '../remotes/open-store.ts';

interface Arguments {
  readonly name: string;
  readonly url: string;
  readonly path: string;
}

export async function run(context: Context, { name, url, path }: Arguments, options: AttachmentOptions): Promise<void> {
  const { addImport } = await import('@duckpond/remote');
  await withPond(context, async (pond) => {
    const attachment = { ...attachmentOf(url, options), path };
    await withStore(context, attachment, (store) => addImport(pond, name, attachment, store, { command: context.commandLine }));
    context.note(`added ${name}; 'pond pull ${name}' fetches its content`);
  });
}
