import type { ExitCode } from '../command.ts';
import type { Context } from '../context.ts';
import { copyIn } from '../copy-in.ts';
import { copyOut } from '../copy-out.ts';
import { sourcesAndDest } from '../destination.ts';
import { CliError } from '../errors.ts';
import { parseHostDestination } from '../host/address.ts';

export async function run(
  context: Context,
  { words }: { words: readonly string[] },
  { stripPrefix, dryRun }: { stripPrefix: string | undefined; dryRun: boolean },
): Promise<ExitCode> {
  const { sources, dest } = sourcesAndDest('copy', words);
  const outside = parseHostDestination(dest);
  if (outside !== undefined) return copyOut(context, sources, outside, stripPrefix, dryRun);
  if (context.at !== undefined) throw new CliError('usage', 'Cannot copy into the pond with --at: only the present can be changed');
  if (stripPrefix !== undefined) throw new CliError('usage', 'Cannot copy into the pond with --strip-prefix: it is for copying out');
  return copyIn(context, sources, dest, dryRun);
}
