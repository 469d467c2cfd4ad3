import type { Fault, FsckOptions, FsckReport } from '@duckpond/pond';
import type { ExitCode } from '../command.ts';
import type { Context } from '../context.ts';
import { report } from '../errors.ts';
import { locatePond, pondEnvironment, withPond } from '../open-pond.ts';
import { emitReport } from '../output/emit.ts';
import { startProgress } from '../output/progress.ts';
import { formatBytes } from '../output/size.ts';

interface FsckFlags {
  readonly quick: boolean;
  readonly repair: boolean;
  readonly dryRun: boolean;
}

export async function run(context: Context, _args: unknown, { quick, repair, dryRun }: FsckFlags): Promise<ExitCode> {
  const { verbose, json, format, quiet } = context.globals;
  const progress = startProgress(context.effects, 'fsck', 'bytes', quiet);
  const onProgress = (done: number, total: number): void => progress.update(done, total);
  const result = await check(context, { quick, repair, dryRun, onProgress }).finally(() => progress.stop());
  const { faults, contentRoot, transactions, nodes, versions, blobs, checkedBytes, notes } = result;
  if (json || format === 'json' || verbose) {
    await emitReport(context, { contentRoot: contentRoot ?? null, transactions, nodes, versions, blobs, checkedBytes, faults, notes }, [
      ['Content root', contentRoot ?? 'none: damage prevents it'],
      ['Transactions', String(transactions)],
      ['Nodes', String(nodes)],
      ['Versions', String(versions)],
      ['Blobs', String(blobs)],
      ['Checked', formatBytes(checkedBytes)],
    ]);
  } else if (contentRoot !== undefined) {
    context.out.print(`${contentRoot}\n`);
  }
  for (const text of notes) context.note(text);
  // One lost file may break a tree in many places that are the same to the user.
  for (const text of new Set(faults.map(faultText))) context.warn(text);
  const left = faults.filter((fault) => !fault.repaired);
  if (left.length > 0) context.warn(`hint: ${nextStep(left)}`);
  return left.length === 0 ? 0 : 12;
}

/** Also a pond that is too damaged to be opened is checked, as it lies on the disk. */
async function check(context: Context, options: FsckOptions): Promise<FsckReport> {
  try {
    return await withPond(context, (pond) => pond.fsck(options));
  } catch (error) {
    if (report(error).exitCode !== 12) throw error;
    const { fsckPondDirectory } = await import('@duckpond/pond');
    return fsckPondDirectory(locatePond(context), options, pondEnvironment(context.effects));
  }
}

function nextStep(left: readonly Fault[]): string {
  if (left.every(({ repairable }) => repairable)) return 'pond fsck --repair mends it';
  const some = left.some(({ repairable }) => repairable) ? 'pond fsck --repair mends a part; for the rest ' : '';
  return `${some}put the named files back from a copy of the pond; what is not named can still be read, so copy that out first`;
}

/** `damaged: store/x.parquet (/a/b version 3): message`. */
function faultText({ severity, file, path, version, message, repaired, repairable }: Fault): string {
  const where = path === undefined ? '' : ` (${path}${version === undefined ? '' : ` version ${version}`})`;
  const state = repaired ? 'repaired' : repairable === true ? `${severity}, can be mended` : severity;
  return `${state}: ${file}${where}: ${message}`;
}
