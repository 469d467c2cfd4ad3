import type { Context } from '../context.ts';
import { logTransaction, withPond } from '../open-pond.ts';

export async function run(context: Context, { key, value }: { key: string; value: string }): Promise<void> {
  await withPond(context, async (pond) => {
    logTransaction(context, (await pond.setSetting(key, value, { command: context.commandLine })).transaction);
  });
}
