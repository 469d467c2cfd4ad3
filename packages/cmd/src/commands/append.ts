import type { AppendFormat } from '@duckpond/pond';
import type { ExitCode } from '../command.ts';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { withPond } from '../open-pond.ts';
import { plural } from '../output/size.ts';
import { parseDuration } from '../time.ts';

interface Options {
  readonly batchRows: number | undefined;
  readonly batchTime: string | undefined;
  readonly resumeKey: string | undefined;
  readonly timeColumn: string | undefined;
}

export async function run(
  context: Context, { path }: { path: string }, { batchRows, batchTime, resumeKey, timeColumn }: Options,
): Promise<ExitCode> {
  const { effects, globals } = context;
  if (effects.stdinIsTty) {
    throw new CliError('usage', 'Cannot append from a terminal: rows are read from the standard input, a pipe or a file was wanted');
  }
  if (batchRows === 0) throw new CliError('usage', 'Cannot append with --batch-rows 0: a whole number from 1 was wanted');
  const batchMillis = batchTime === undefined ? undefined : millisOf(batchTime);
  const report = await withPond(context, async (pond) => {
    const { appendRows } = await import('@duckpond/pond');
    return appendRows(pond, path, effects.stdin(), {
      format: formatOf(globals.json ? 'json' : globals.format),
      ...(batchRows === undefined ? {} : { batchRows }),
      ...(batchMillis === undefined ? {} : { batchMillis }),
      ...(resumeKey === undefined ? {} : { resumeKey }),
      ...(timeColumn === undefined ? {} : { timeColumn }),
      onCommit: ({ rows, rejected, totalRows, txnSeq }) => {
        const bad = rejected === 0 ? '' : `, ${rejected} rejected`;
        context.detail(`transaction ${txnSeq}: ${plural(rows, 'row', 'rows')}${bad}, ${totalRows} so far`);
        context.logger.setTransaction(txnSeq);
        context.logger.info('committed', { rows, rejected });
      },
      signal: context.signal,
      command: context.commandLine,
      elapsedMillis: effects.elapsedMillis,
    });
  });
  const { rows, rejected, batches, skippedBytes, isLastLineLeft } = report;
  const skipped = skippedBytes === 0 ? '' : `, ${plural(skippedBytes, 'byte', 'bytes')} taken before`;
  context.note(`appended ${plural(rows, 'row', 'rows')} in ${plural(batches, 'transaction', 'transactions')}${skipped}`);
  if (isLastLineLeft) context.note('the last line is cut off: it is left for the next append');
  if (rejected === 0) return 0;
  const where = `${rejected === 1 ? 'it is' : 'they are'} in "${path}.rejected.ndjson"`;
  context.warn(`pond: Cannot append ${plural(rejected, 'row', 'rows')}: ${where}`);
  return 3;
}

/** As other durations, and milliseconds. */
function millisOf(text: string): number {
  const millis = /^(\d{1,9})ms$/.exec(text)?.[1];
  return millis === undefined ? Number(parseDuration(text) / 1000n) : Number(millis);
}

function formatOf(format: string | undefined): AppendFormat {
  // The parser has checked it.
  return format === 'csv' || format === 'tsv' || format === 'arrow' ? format : 'ndjson';
}
