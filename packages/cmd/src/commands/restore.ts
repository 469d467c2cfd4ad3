import type { ExitCode } from '../command.ts';
import type { Context } from '../context.ts';
import { namedPondOrFail, pondEnvironment } from '../open-pond.ts';
import { startProgress } from '../output/progress.ts';
import { formatBytes, plural } from '../output/size.ts';
import { type AttachmentOptions, attachmentOf } from '../remotes/attachment-options.ts';
import { readKeyFile } from '../remotes/key-file.ts';
import { withStore } from '../remotes/open-store.ts';

interface Options extends AttachmentOptions {
  readonly keyFile: string | undefined;
  readonly partial: boolean;
}

export async function run(context: Context, { name, url }: { name: string; url: string }, options: Options): Promise<ExitCode> {
  const { attachmentKey, attachments, openerOf, restoreBackup } = await import('@duckpond/remote');
  attachmentKey('backup', name);
  const directory = namedPondOrFail(context);
  const progress = startProgress(context.effects, `restore ${name}`, 'bytes', context.globals.quiet);
  const result = await withStore(context, attachmentOf(url, options), async (store) => restoreBackup({
    store, directory, opener: await openerOf(store, readKeyFile(context, options.keyFile)), environment: pondEnvironment(context.effects),
    partial: options.partial, onProgress: (done, total) => progress.update(done, total),
    ...(context.at === undefined ? {} : { at: context.at }),
  })).finally(() => progress.stop());
  const { txnSeq, contentRoot, files, blobs, bytes, losses } = result;
  context.note(`restored transaction ${txnSeq} to ${directory}: `
    + `${plural(files, 'data file', 'data files')}, ${plural(blobs, 'blob', 'blobs')}, ${formatBytes(bytes)}`);
  if (contentRoot !== undefined) context.out.print(`${contentRoot}\n`);
  for (const { object, why } of losses) context.warn(`lost: ${object}: ${why}`);
  const { openPond } = await import('@duckpond/pond');
  const pond = await openPond(directory, { environment: pondEnvironment(context.effects) });
  try {
    const known = await attachments(pond, 'backup');
    if (!known.some((one) => one.name === name)) context.note(`hint: this pond does not push to ${name}: pond backup add ${name} ${url}`);
  } finally {
    await pond.close();
  }
  return losses.length === 0 ? 0 : 3;
}
