import { setTimeout } from 'node:timers/promises';
import type { ExitCode } from '../command.ts';
import type { Context } from '../context.ts';
import { withPond } from '../open-pond.ts';
import { runMirror } from '../remotes/run-mirror.ts';

const POLL_MILLIS = 500;

interface Options {
  readonly watch: boolean;
  readonly dryRun: boolean;
}

export async function run(
  context: Context, { directory, pattern }: { directory: string; pattern: string | undefined }, { watch, dryRun }: Options,
): Promise<ExitCode> {
  return withPond(context, async (pond) => {
    const request = { directory, pattern, dryRun, rebuild: false };
    const told = new Set<string>();
    let seen = (await pond.transaction()).txnSeq;
    const code = await runMirror(context, pond, request, told);
    if (!watch || dryRun) return code;
    for (;;) {
      await setTimeout(POLL_MILLIS);
      context.signal.throwIfAborted();
      const { txnSeq } = await pond.transaction();
      if (txnSeq === seen) continue;
      seen = txnSeq;
      await runMirror(context, pond, request, told);
    }
  });
}
