import { resolve } from 'node:path';
import type { Pond } from '@duckpond/pond';
import type { ExitCode } from '../command.ts';
import type { Context } from '../context.ts';
import { printable } from '../output/printable.ts';
import { startProgress } from '../output/progress.ts';
import { plural } from '../output/size.ts';

export interface MirrorRequest {
  readonly directory: string;
  readonly pattern: string | undefined;
  readonly dryRun: boolean;
  readonly rebuild: boolean;
}

/** Mirrors once and says what was done. @param told what was left alone before, which is not told again */
export async function runMirror(context: Context, pond: Pond, request: MirrorRequest, told: Set<string> = new Set()): Promise<ExitCode> {
  const { mirrorPond } = await import('@duckpond/remote');
  const { effects, signal, globals } = context;
  const { directory, pattern, dryRun, rebuild } = request;
  const progress = startProgress(effects, 'mirror', 'items', globals.quiet);
  const report = await mirrorPond({
    pond, directory: resolve(effects.cwd(), directory), uuid: effects.uuid, dryRun, rebuild, signal,
    onProgress: (done, total) => progress.update(done, total), ...(pattern === undefined ? {} : { pattern }),
  }).finally(() => progress.stop());
  for (const path of report.written) context.detail(`${dryRun ? 'would write' : 'wrote'} ${printable(path)}`);
  for (const path of report.removed) context.detail(`${dryRun ? 'would remove' : 'removed'} ${printable(path)}`);
  for (const { path, why } of report.skipped) {
    if (!told.has(`${path} ${why}`)) context.warn(`left alone: ${printable(path)}: ${why}`);
    told.add(`${path} ${why}`);
  }
  if (report.written.length > 0 || report.removed.length > 0 || told.size === 0) {
    context.note(`transaction ${report.txnSeq}: ${dryRun ? 'would write' : 'wrote'} ${plural(report.written.length, 'entry', 'entries')}, `
      + `${dryRun ? 'would remove' : 'removed'} ${report.removed.length}, ${report.unchanged} unchanged`);
  }
  return report.skipped.length === 0 ? 0 : 3;
}
