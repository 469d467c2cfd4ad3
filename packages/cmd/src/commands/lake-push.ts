import type { ExitCode } from '../command.ts';
import type { Context } from '../context.ts';
import { reportLines } from '../errors.ts';
import { pondEnvironment, withPond } from '../open-pond.ts';
import { emitRows } from '../output/emit.ts';
import { printable } from '../output/printable.ts';
import { startProgress } from '../output/progress.ts';
import type { Column } from '../output/rows.ts';
import { formatBytes, plural } from '../output/size.ts';
import { type AttachmentOptions, attachmentOf } from '../remotes/attachment-options.ts';
import { lakeUrl } from '../remotes/lake-url.ts';
import { withStore } from '../remotes/open-store.ts';

interface Options extends AttachmentOptions {
  readonly fileSize: number | undefined;
  readonly dryRun: boolean;
}

const COLUMNS: readonly Column[] = [
  { name: 'path', type: 'string' },
  { name: 'table', type: 'string' },
  { name: 'outcome', type: 'string' },
  { name: 'rows', type: 'long' },
  { name: 'files', type: 'long' },
  { name: 'bytes', type: 'long' },
  { name: 'merged', type: 'long' },
];

const MEBIBYTE = 1024 * 1024;

export async function run(
  context: Context, { url, pattern }: { url: string; pattern: string | undefined }, options: Options,
): Promise<ExitCode> {
  const { assertLakeOutside, pushLake } = await import('@duckpond/remote');
  const { fileSize, dryRun } = options;
  return withPond(context, async (pond) => {
    const attachment = attachmentOf(lakeUrl(context, url), options);
    assertLakeOutside(pond.directory, attachment.url);
    let failures = 0;
    const progress = startProgress(context.effects, 'lake push', 'items', context.globals.quiet);
    const pushes = await withStore(context, attachment, (store) => pushLake(pond, store, {
      environment: pondEnvironment(context.effects), dryRun, signal: context.signal,
      ...(pattern === undefined ? {} : { pattern }), ...(fileSize === undefined ? {} : { fileBytes: fileSize * MEBIBYTE }),
      onTable: (_, done, total) => progress.update(done, total),
      onFailure: (error, path) => {
        context.warn(`${printable(path)}: ${reportLines(error, context.globals.debug).trimEnd()}`);
        failures++;
      },
    })).finally(() => progress.stop());
    const rows = pushes.map(({ path, table, outcome, rows: count, files, bytes, merged }) => (
      [path, table, outcome, BigInt(count), BigInt(files), BigInt(bytes), BigInt(merged)]));
    await emitRows(context, { columns: COLUMNS, rows }, () => pushes.map(({ path, table, outcome, rows: count, files, bytes, merged }) => [
      printable(path), printable(table), outcome,
      ...(files === 0 ? [] : [`${plural(count, 'row', 'rows')} in ${plural(files, 'file', 'files')}, ${formatBytes(bytes)}`]),
      ...(merged === 0 ? [] : [`${plural(merged, 'file', 'files')} merged`]),
    ].join('\t')));
    if (failures === 0) return 0;
    return pushes.length === 0 ? 1 : 3;
  });
}
