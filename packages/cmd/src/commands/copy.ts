import type { ExitCode } from '../command.ts';
import type { Context } from '../context.ts';
import { copyIn } from '../copy-in.ts';
import { copyOut } from '../copy-out.ts';
import { sourcesAndDest } from '../destination.ts';
import { CliError } from '../errors.ts';
import { type CopyKind, parseHostDestination } from '../host/address.ts';

interface Options {
  readonly kind: CopyKind | undefined;
  readonly timeColumn: string | undefined;
  readonly units: readonly string[];
  readonly descriptions: readonly string[];
  readonly stripPrefix: string | undefined;
  readonly dryRun: boolean;
}

export async function run(context: Context, { words }: { words: readonly string[] }, options: Options): Promise<ExitCode> {
  const { kind, timeColumn, stripPrefix, dryRun } = options;
  const { sources, dest } = sourcesAndDest('copy', words);
  const outside = parseHostDestination(dest);
  const format = context.globals.json ? 'json' : context.globals.format;
  const [units, descriptions] = [assignments('--unit', options.units), assignments('--description', options.descriptions)];
  if (outside !== undefined) {
    const isForRows = kind !== undefined || timeColumn !== undefined || units !== undefined || descriptions !== undefined;
    if (isForRows) {
      throw new CliError('usage', 'Cannot copy out with --kind, --time-column, --unit or --description: they are for copying in');
    }
    return copyOut(context, sources, outside, { stripPrefix, dryRun, format });
  }
  if (context.at !== undefined) throw new CliError('usage', 'Cannot copy into the pond with --at: only the present can be changed');
  if (stripPrefix !== undefined) throw new CliError('usage', 'Cannot copy into the pond with --strip-prefix: it is for copying out');
  return copyIn(context, sources, dest, {
    defaults: { kind, format },
    rows: {
      ...(timeColumn === undefined ? {} : { timeColumn }),
      ...(units === undefined ? {} : { units }),
      ...(descriptions === undefined ? {} : { descriptions }),
    },
    dryRun,
  });
}

/** `COLUMN=TEXT`, several times. @throws CliError `usage` */
function assignments(option: string, texts: readonly string[]): Readonly<Record<string, string>> | undefined {
  if (texts.length === 0) return undefined;
  return Object.fromEntries(texts.map((text) => {
    const at = text.indexOf('=');
    if (at < 1) throw new CliError('usage', `Cannot read ${option} "${text}": it has no column before =, COLUMN=TEXT was wanted`);
    return [text.slice(0, at), text.slice(at + 1)];
  }));
}
