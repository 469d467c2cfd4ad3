import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { pondEnvironment, withPond } from '../open-pond.ts';
import { startProgress } from '../output/progress.ts';
import { formatBytes, plural } from '../output/size.ts';
import { readKeyFile } from '../remotes/key-file.ts';
import { withStore } from '../remotes/open-store.ts';

interface Options {
  readonly keyFile: string | undefined;
  readonly dryRun: boolean;
}

export async function run(context: Context, { name }: { name: string | undefined }, { keyFile, dryRun }: Options): Promise<void> {
  const { attachments, findAttachment, openerOf, pullImport } = await import('@duckpond/remote');
  await withPond(context, async (pond) => {
    const all = name === undefined ? await attachments(pond, 'remote') : [await findAttachment(pond, 'remote', name)];
    if (all.length === 0) {
      throw new CliError('failed', 'Cannot pull: the pond has no remote, one was wanted', 'pond remote add NAME URL PATH adds one');
    }
    for (const named of all) {
      const progress = startProgress(context.effects, `pull ${named.name}`, 'bytes', context.globals.quiet);
      const report = await withStore(context, named.attachment, async (store) => {
        const opener = await openerOf(store, readKeyFile(context, keyFile));
        return pullImport(pond, named, store, opener, {
          environment: pondEnvironment(context.effects), dryRun, onProgress: (done, total) => progress.update(done, total),
        });
      }).finally(() => progress.stop());
      const { outcome, txnSeq, files, blobs, bytes } = report;
      context.note(outcome === 'pulled'
        ? `${named.name}: at transaction ${txnSeq}, `
          + `${plural(files, 'file', 'files')} and ${plural(blobs, 'blob', 'blobs')}, ${formatBytes(bytes)}`
        : `${named.name}: ${outcome === 'unchanged' ? 'unchanged at' : 'would be at'} transaction ${txnSeq}`);
    }
  });
}
