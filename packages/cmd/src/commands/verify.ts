import type { ExitCode } from '../command.ts';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { pondEnvironment, withPond } from '../open-pond.ts';
import { emitReport } from '../output/emit.ts';
import { printable } from '../output/printable.ts';
import { startProgress } from '../output/progress.ts';
import { formatBytes, plural } from '../output/size.ts';
import { readKeyFile } from '../remotes/key-file.ts';
import { withStore } from '../remotes/open-store.ts';

interface Options {
  readonly data: boolean;
  readonly keyFile: string | undefined;
}

export async function run(context: Context, { name }: { name: string | undefined }, { data, keyFile }: Options): Promise<ExitCode> {
  const { attachments, findAttachment, openerOf, sealerOf, verifyBackup } = await import('@duckpond/remote');
  return withPond(context, async (pond) => {
    const all = name === undefined ? await attachments(pond, 'backup') : [await findAttachment(pond, 'backup', name)];
    if (all.length === 0) {
      throw new CliError('failed', 'Cannot verify: the pond has no backup, one was wanted', 'pond backup add NAME URL adds one');
    }
    const reports: object[] = [];
    const lines: (readonly [string, string])[] = [];
    let problemCount = 0;
    for (const { name: label, attachment } of all) {
      const progress = startProgress(context.effects, `verify ${label}`, 'bytes', context.globals.quiet);
      const report = await withStore(context, attachment, async (store) => verifyBackup({
        directory: pond.directory, store, data, environment: pondEnvironment(context.effects),
        // Looking whether all is there takes no key.
        opener: data ? await openerOf(store, readKeyFile(context, keyFile)) : sealerOf(attachment),
        onProgress: (done, total) => progress.update(done, total),
      })).finally(() => progress.stop());
      reports.push({ name: label, ...report });
      problemCount += report.problems.length;
      const lag = report.lag === 0 ? 'up to date' : `${plural(report.lag, 'transaction', 'transactions')} behind`;
      const { packs, blobs, bytes } = report;
      const checked = `${plural(packs, 'pack or file', 'packs and files')}, ${plural(blobs, 'blob', 'blobs')}, ${formatBytes(bytes)}`;
      lines.push([label, `transaction ${report.txnSeq}, ${lag}; ${checked}${data ? ', every byte read' : ''}`]);
      for (const problem of report.problems) lines.push([`${label} is damaged`, printable(problem)]);
    }
    await emitReport(context, { backups: reports, healthy: problemCount === 0 }, lines);
    return problemCount === 0 ? 0 : 1;
  });
}
