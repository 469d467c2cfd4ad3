import type { Context } from '../context.ts';
import { withPond } from '../open-pond.ts';
import { emitReport } from '../output/emit.ts';
import { formatBytes, plural } from '../output/size.ts';

interface Options {
  readonly compact: boolean;
  readonly vacuum: boolean;
  readonly dryRun: boolean;
}

export async function run(context: Context, _args: unknown, { compact, vacuum, dryRun }: Options): Promise<void> {
  const all = !compact && !vacuum;
  await withPond(context, async (pond) => {
    const report = await pond.maintain({ compact: compact || all, vacuum: vacuum || all, dryRun });
    const { mergedFiles, mergedIntoFiles, removedFiles, removedBytes, removedLogFiles, checkpointVersion } = report;
    await emitReport(context, { dryRun, ...report, checkpointVersion: checkpointVersion ?? null }, [
      ['Merged', `${plural(mergedFiles, 'file', 'files')} into ${mergedIntoFiles}`],
      ['Removed', [
        `${plural(removedFiles, 'file', 'files')} of ${formatBytes(removedBytes)}`, plural(removedLogFiles, 'log file', 'log files'),
      ].join(', ')],
      ['Checkpoint', checkpointVersion === undefined ? 'none' : `version ${checkpointVersion}`],
      ...(dryRun ? [['Dry run', 'nothing was changed'] as const] : []),
    ]);
  });
}
