import type { ExitCode } from '../command.ts';
import type { Context } from '../context.ts';
import { CliError, reportLines } from '../errors.ts';
import { pondEnvironment, withPond } from '../open-pond.ts';
import { startProgress } from '../output/progress.ts';
import { formatBytes, plural } from '../output/size.ts';
import { withStore } from '../remotes/open-store.ts';

export async function run(context: Context, { name }: { name: string | undefined }, { dryRun }: { dryRun: boolean }): Promise<ExitCode> {
  const { attachments, findAttachment, pushAttached } = await import('@duckpond/remote');
  return withPond(context, async (pond) => {
    const all = name === undefined ? await attachments(pond, 'backup') : [await findAttachment(pond, 'backup', name)];
    if (all.length === 0) {
      throw new CliError('failed', 'Cannot push: the pond has no backup, one was wanted', 'pond backup add NAME URL adds one');
    }
    let failures = 0;
    for (const named of all) {
      const progress = startProgress(context.effects, `push ${named.name}`, 'bytes', context.globals.quiet);
      try {
        const report = await withStore(context, named.attachment, (store) => pushAttached(pond, named, store, {
          environment: pondEnvironment(context.effects), dryRun, onProgress: (done, total) => progress.update(done, total),
        })).finally(() => progress.stop());
        const { outcome, transactions, files, blobs, readBytes, txnSeq } = report;
        context.note(outcome === 'unchanged'
          ? `${named.name}: unchanged at transaction ${txnSeq}`
          : `${named.name}: ${outcome === 'pushed' ? 'at' : 'would be at'} transaction ${txnSeq}, `
            + `${plural(transactions, 'transaction', 'transactions')} in `
            + `${plural(files, 'file', 'files')} and ${plural(blobs, 'blob', 'blobs')}, ${formatBytes(readBytes)}`);
      } catch (error) {
        context.signal.throwIfAborted();
        // One backup that is away must not keep the others from what they are for.
        if (all.length === 1) throw error;
        context.warn(reportLines(error, context.globals.debug).trimEnd());
        failures++;
      }
    }
    if (failures === 0) return 0;
    return failures === all.length ? 13 : 3;
  });
}
