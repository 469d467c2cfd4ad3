import type { ExitCode } from '../command.ts';
import type { Context } from '../context.ts';
import { run as runNode } from './run.ts';

export async function run(context: Context, { name }: { name: string }): Promise<ExitCode> {
  return runNode(context, { target: name, words: ['locations'] }, { all: false });
}
