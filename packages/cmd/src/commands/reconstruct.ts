import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ExitCode } from '../command.ts';
import type { Context } from '../context.ts';
import { withPond } from '../open-pond.ts';
import { runMirror } from '../remotes/run-mirror.ts';

export async function run(
  context: Context, { directory }: { directory: string | undefined }, { dryRun }: { dryRun: boolean },
): Promise<ExitCode> {
  return withPond(context, async (pond) => {
    if (directory !== undefined) {
      const { patternOfMirror } = await import('@duckpond/remote');
      const pattern = await patternOfMirror(pond, resolve(context.effects.cwd(), directory));
      return runMirror(context, pond, { directory, pattern, dryRun, rebuild: true });
    }
    const cache = join(pond.directory, 'cache');
    const names = existsSync(cache) ? readdirSync(cache) : [];
    for (const name of names) {
      context.detail(`${dryRun ? 'would remove' : 'removed'} cache/${name}`);
      if (!dryRun) rmSync(join(cache, name), { recursive: true, force: true });
    }
    const { faults } = await pond.fsck({ quick: true, repair: !dryRun });
    for (const { file, message, repaired } of faults) context.warn(`${repaired ? 'made again' : 'wrong'}: ${file}: ${message}`);
    const left = faults.filter(({ repaired, severity }) => !repaired && (severity !== 'derived' || !dryRun));
    context.note(left.length === 0 ? 'caches are empty, and what is derived is right' : 'some of it cannot be made again');
    return left.length === 0 ? 0 : 12;
  });
}
