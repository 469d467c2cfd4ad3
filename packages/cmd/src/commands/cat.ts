import { hasGlobSyntax, type NodePath, type WD } from '@duckpond/tinyfs';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { matches } from '../matches.ts';
import { readPond } from '../open-pond.ts';

export async function run(
  context: Context,
  { path }: { path: string },
  { version }: { version: number | undefined },
): Promise<void> {
  const raw = context.globals.format === 'raw';
  await readPond(context, async (root) => {
    const pattern = hasGlobSyntax(path);
    for await (const match of matches(root, path, { follow: true })) {
      if (pattern && match.node.kind === 'directory') continue;
      for await (const chunk of contentOf(root, match, raw, version)) {
        context.signal.throwIfAborted();
        await context.out.write(chunk);
      }
    }
  });
}

/** The bytes of a file. @throws CliError for what has none, and for rows, which only SQL can print */
export function contentOf(root: WD, { path, node }: NodePath, raw: boolean, version?: number): AsyncIterable<Uint8Array> {
  if (node.kind === 'directory') {
    throw new CliError('failed', `Cannot read "${path}": it is a directory, a file was wanted`, `pond list "${path}/"`);
  }
  if ((node.kind === 'table' || node.kind === 'series') && !raw) {
    throw new CliError(
      'failed',
      `Cannot print rows of "${path}": this release has no SQL yet, a data file was wanted`,
      'cat --format raw prints the stored bytes',
    );
  }
  return root.read(path, version === undefined ? {} : { version });
}
