import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { pondEnvironment, withPond } from '../open-pond.ts';
import { emitReport } from '../output/emit.ts';
import { formatBytes, plural } from '../output/size.ts';
import { readKeyFile } from '../remotes/key-file.ts';
import { withStore } from '../remotes/open-store.ts';
import { parseDuration } from '../time.ts';

interface Options {
  readonly keepLast: number | undefined;
  readonly keepWithin: string | undefined;
  readonly keyFile: string | undefined;
  readonly dryRun: boolean;
}

export async function run(context: Context, { name }: { name: string }, { keepLast, keepWithin, keyFile, dryRun }: Options): Promise<void> {
  if (keepLast === undefined && keepWithin === undefined) {
    throw new CliError('usage', 'Cannot prune: nothing says what to keep, --keep-last N or --keep-within DURATION was wanted');
  }
  const keepSinceMicros = keepWithin === undefined ? undefined : context.effects.nowMicros() - parseDuration(keepWithin);
  const { findAttachment, openerOf, pruneBackup } = await import('@duckpond/remote');
  await withPond(context, async (pond) => {
    const { attachment } = await findAttachment(pond, 'backup', name);
    const report = await withStore(context, attachment, async (store) => pruneBackup({
      store, opener: await openerOf(store, readKeyFile(context, keyFile)), directory: pond.directory, pondId: pond.identity.id, dryRun,
      environment: pondEnvironment(context.effects),
      ...(keepLast === undefined ? {} : { keepLast }), ...(keepSinceMicros === undefined ? {} : { keepSinceMicros }),
    }));
    const { keptEntries, removedEntries, removedPacks, removedFiles, removedBytes } = report;
    await emitReport(context, { dryRun, ...report }, [
      ['Kept', plural(keptEntries, 'push', 'pushes')],
      [dryRun ? 'Would remove' : 'Removed', [
        plural(removedEntries, 'push', 'pushes'), plural(removedPacks, 'pack', 'packs'), plural(removedFiles, 'file', 'files'),
        formatBytes(removedBytes),
      ].join(', ')],
    ]);
  });
}
