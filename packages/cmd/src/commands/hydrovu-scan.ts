import type { ExitCode } from '../command.ts';
import type { Context } from '../context.ts';
import { run as runNode } from './run.ts';

interface Options {
  readonly from: string | undefined;
  readonly to: string | undefined;
}

export async function run(
  context: Context, { name, devices }: { name: string; devices: readonly string[] }, { from, to }: Options,
): Promise<ExitCode> {
  const span = [...(from === undefined ? [] : ['--from', from]), ...(to === undefined ? [] : ['--to', to])];
  return runNode(context, { target: name, words: ['scan', ...devices, ...span] }, { all: false });
}
