import type { ExportedTree, ExportFormat, TemporalPart } from '@duckpond/pond';
import { resolve } from 'node:path';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { locatePond, withPond } from '../open-pond.ts';
import { emitLines } from '../output/emit.ts';
import { isRowFormat, type RowFormat } from '../output/format.ts';
import { startProgress } from '../output/progress.ts';
import { plural } from '../output/size.ts';
import { settingsFromEnvironment } from '../rows/settings.ts';
import { parseTime } from '../time.ts';

interface Options {
  readonly patterns: readonly string[];
  readonly directory: string | undefined;
  readonly temporal: string | undefined;
  readonly startTime: string | undefined;
  readonly endTime: string | undefined;
}

export async function run(
  context: Context, _: Readonly<Record<string, never>>, { patterns, directory, temporal, startTime, endTime }: Options,
): Promise<void> {
  const { effects, globals } = context;
  if (patterns.length === 0 || directory === undefined) {
    throw new CliError('usage', 'Cannot export: --pattern and --dir were wanted', 'pond export --help');
  }
  const target = resolve(effects.cwd(), directory);
  const pondDirectory = locatePond(context);
  if (`${target}/`.startsWith(`${pondDirectory}/`)) {
    throw new CliError('failed', `Cannot export to "${target}": it is inside the pond's own directory, another place was wanted`);
  }
  const timeStartMicros = startTime === undefined ? undefined : parseTime(startTime, effects.nowMicros());
  const timeEndMicros = endTime === undefined ? undefined : parseTime(endTime, effects.nowMicros());
  if (timeStartMicros !== undefined && timeEndMicros !== undefined && timeStartMicros >= timeEndMicros) {
    throw new CliError('usage', 'Cannot export: --start-time is not before --end-time, an earlier start was wanted');
  }
  const format = globals.json ? 'json' : globals.format;
  const progress = startProgress(effects, 'export', 'items', globals.quiet);
  try {
    let exported: ExportedTree | undefined;
    const report = await withPond(context, async (pond) => {
      const { exportRows, TEMPORAL_PARTS } = await import('@duckpond/pond');
      const finest = temporal === undefined ? undefined : finestOf(temporal, TEMPORAL_PARTS);
      let files = 0;
      return exportRows(pond, {
        patterns, directory: target, uuid: effects.uuid(), signal: context.signal, settings: settingsFromEnvironment(effects.env),
        ...(finest === undefined ? {} : { finest }),
        ...(format === undefined || format === 'parquet' || !isRowFormat(format) ? {} : { format: formatOf(format) }),
        ...(timeStartMicros === undefined ? {} : { timeStartMicros }),
        ...(timeEndMicros === undefined ? {} : { timeEndMicros }),
        ...(context.at === undefined ? {} : { at: context.at }),
        onFile: (path, state) => {
          progress.update(++files);
          context.detail(`${state} ${path}`);
        },
        onPattern: (tree) => {
          exported = tree;
        },
      });
    }, { exported: () => exported });
    progress.stop();
    await emitLines(context, [report.manifest]);
    const { written, kept, removed, rows } = report;
    context.note(`exported ${plural(rows, 'row', 'rows')}: ${plural(written, 'file', 'files')} written, ${kept} kept, ${removed} removed`);
  } finally {
    progress.stop();
  }
}

/** The finest of the parts; those before it must be there, too: a month without its year is no place in time. @throws CliError `usage` */
function finestOf(text: string, parts: readonly TemporalPart[]): TemporalPart {
  const words = text.split(',').map((word) => word.trim().toLowerCase());
  const unknown = words.find((word) => !parts.some((part) => part === word));
  if (unknown !== undefined) {
    throw new CliError('usage', `Cannot divide by "${unknown}": it is no part of a time, some of ${parts.join(', ')} were wanted`);
  }
  const finest = parts.findLast((part) => words.includes(part)) ?? 'year';
  const wanted = parts.slice(0, parts.indexOf(finest) + 1);
  const missing = wanted.find((part) => !words.includes(part));
  if (missing !== undefined) {
    throw new CliError('usage', `Cannot divide by ${finest} without ${missing}: --temporal ${wanted.join(',')} was wanted`);
  }
  return finest;
}

function formatOf(format: RowFormat): ExportFormat {
  return {
    extension: format === 'table' ? 'txt' : format === 'markdown' ? 'md' : format,
    async encode(result, write) {
      const [{ querySource }, { writeResult }] = await Promise.all([
        import('../output/result/query-source.ts'), import('../output/result/write.ts'),
      ]);
      const out = { isTty: false, columns: undefined, print: () => undefined, write };
      await writeResult(querySource(result, { arrow: () => result.arrow() }), format, out);
    },
  };
}
