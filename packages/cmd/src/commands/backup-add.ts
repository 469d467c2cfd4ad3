import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { pondEnvironment, withPond } from '../open-pond.ts';
import { type AttachmentOptions, attachmentOf } from '../remotes/attachment-options.ts';
import { readKeyFile, recipientFor } from '../remotes/key-file.ts';
import { withStore } from '../remotes/open-store.ts';

interface Options extends AttachmentOptions {
  readonly noAuto: boolean;
  readonly encrypt: boolean;
  readonly keyFile: string | undefined;
}

export async function run(context: Context, { name, url }: { name: string; url: string }, options: Options): Promise<void> {
  const { keyFile, encrypt } = options;
  if (encrypt && keyFile === undefined) {
    throw new CliError('usage', 'Cannot encrypt the backup: no key file is named, --key-file FILE was wanted');
  }
  const { addBackup } = await import('@duckpond/remote');
  await withPond(context, async (pond) => {
    const attachment = { ...attachmentOf(url, options), auto: !options.noAuto };
    await withStore(context, attachment, async (store) => {
      const recipient = encrypt && keyFile !== undefined ? await recipientFor(context, keyFile) : undefined;
      const key = readKeyFile(context, keyFile);
      await addBackup(pond, name, attachment, store, {
        environment: pondEnvironment(context.effects),
        command: context.commandLine,
        ...(recipient === undefined ? {} : { recipient }),
        ...(key === undefined ? {} : { keyFile: key }),
      });
    });
    const more = options.noAuto ? '' : ', and every write goes there from now on';
    context.note(`added ${name}; 'pond push ${name}' makes the first backup${more}`);
  });
}
