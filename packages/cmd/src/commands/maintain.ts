import type { Context } from '../context.ts';
import { withPond } from '../open-pond.ts';
import { emitReport } from '../output/emit.ts';
import { formatBytes, plural } from '../output/size.ts';

interface Options {
  readonly compact: boolean;
  readonly vacuum: boolean;
  readonly purge: string | undefined;
  readonly collapse: string | undefined;
  readonly dryRun: boolean;
}

export async function run(context: Context, _args: unknown, { compact, vacuum, purge, collapse, dryRun }: Options): Promise<void> {
  const all = !compact && !vacuum && purge === undefined && collapse === undefined;
  await withPond(context, async (pond) => {
    const wanted = { compact: compact || all, vacuum: vacuum || all, dryRun };
    const report = await pond.maintain({
      ...wanted, ...(purge === undefined ? {} : { purge }), ...(collapse === undefined ? {} : { collapse }),
    });
    const {
      mergedFiles, mergedIntoFiles, removedFiles, removedBytes, removedLogFiles, removedLogBytes, purgedVersions, purgedBytes,
      collapsedParts, collapsedBytes, collapsedIntoRuns, checkpointVersion,
    } = report;
    const purged = `${plural(purgedVersions, 'version', 'versions')} of ${formatBytes(purgedBytes)}`;
    const parts = `${plural(collapsedParts, 'version or run', 'versions and runs')} of ${formatBytes(collapsedBytes)}`;
    await emitReport(context, { dryRun, ...report, checkpointVersion: checkpointVersion ?? null }, [
      ...(purge === undefined ? [] : [['Purged', purged] as const]),
      ...(collapse === undefined ? [] : [['Collapsed', `${parts} into ${plural(collapsedIntoRuns, 'run', 'runs')}`] as const]),
      ['Merged', `${plural(mergedFiles, 'file', 'files')} into ${mergedIntoFiles}`],
      ['Removed', [
        `${plural(removedFiles, 'file', 'files')} of ${formatBytes(removedBytes)}`,
        `${plural(removedLogFiles, 'log file', 'log files')} of ${formatBytes(removedLogBytes)}`,
      ].join(', ')],
      ['Checkpoint', checkpointVersion === undefined ? 'none' : `version ${checkpointVersion}`],
      ...(dryRun ? [['Dry run', 'nothing was changed'] as const] : []),
    ]);
  });
}
