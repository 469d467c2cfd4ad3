import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { getNode } from '../matches.ts';
import { changePond } from '../open-pond.ts';
import { formatTimestamp, parseTime } from '../time.ts';

export interface BoundsOptions {
  readonly version: number | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly dryRun: boolean;
}

export async function run(context: Context, { path }: { path: string }, { version, from, to, dryRun }: BoundsOptions): Promise<void> {
  if (version === undefined || from === undefined || to === undefined) {
    const what = 'Cannot set bounds: --version, --from and --to were wanted, all of them';
    throw new CliError('usage', what, "'pond detect-overlaps' shows versions and times");
  }
  const now = context.effects.nowMicros();
  const bounds = { version, timeMinMicros: parseTime(from, now), timeMaxMicros: parseTime(to, now) };
  if (bounds.timeMinMicros > bounds.timeMaxMicros) {
    throw new CliError('usage', 'Cannot set bounds: --from is later than --to, an earlier or the same time was wanted');
  }
  await changePond(context, dryRun, async (root) => {
    const { node } = await getNode(root, path, true);
    if (node.kind !== 'series') throw new CliError('failed', `Cannot set bounds of "${path}": it is a ${node.kind}, a series was wanted`);
    await root.update(path, { bounds });
  });
  context.note(`version ${version} of "${path}": ${formatTimestamp(bounds.timeMinMicros)} to ${formatTimestamp(bounds.timeMaxMicros)}`);
}
