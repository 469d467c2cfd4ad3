import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { matches } from '../matches.ts';
import { readPond } from '../open-pond.ts';
import { chooseFormat } from '../output/format.ts';
import { follow } from '../rows/follow.ts';
import { lastBytes, lastLines } from '../rows/last-lines.ts';
import { lastRows } from '../rows/last-rows.ts';
import { withRows } from '../rows/session.ts';
import { findTarget, isUrl } from '../rows/target.ts';
import { rowFormat, writeQuery } from '../rows/write.ts';
import { bytesOfRows } from './head.ts';

export interface TailOptions {
  readonly lines: number | undefined;
  readonly bytes: number | undefined;
  readonly follow: boolean;
}

const DEFAULT_ROWS = 10;

export async function run(context: Context, { path }: { path: string }, options: TailOptions): Promise<void> {
  const { lines = DEFAULT_ROWS, bytes } = options;
  if (options.follow && context.at !== undefined) {
    throw new CliError('usage', 'Cannot follow an older state: nothing comes to it any more, -f without --at was wanted');
  }
  if (options.follow) return follow(context, path, { lines, bytes });
  const asksRows = isUrl(path) || chooseFormat(context.command, context.globals) !== undefined;
  if (asksRows && bytes !== undefined) throw bytesOfRows(path);
  if (!asksRows && await tailOfBytes(context, path, lines, bytes)) return;
  await withRows(context, async (rows) => {
    const target = await findTarget(context, rows, path);
    if (target.kind === 'pond' && target.files.length === 0) return;
    await writeQuery(context, rows, await lastRows(rows, target, lines), rowFormat(context, 'table'));
  });
}

/** False when there are rows among what the path leads to, and then nothing is printed. */
async function tailOfBytes(context: Context, path: string, lines: number, bytes: number | undefined): Promise<boolean> {
  return readPond(context, async (root) => {
    const files = [];
    for await (const { path: found, node } of matches(root, path, { follow: true })) {
      if (node.kind === 'table' || node.kind === 'series') {
        if (bytes !== undefined) throw bytesOfRows(found);
        return false;
      }
      if (node.kind === 'directory') {
        throw new CliError('failed', `Cannot read "${found}": it is a directory, a file was wanted`, `pond list "${found}/"`);
      }
      if (node.kind === 'data') files.push({ path: found, node });
    }
    for (const file of files) {
      const content = bytes === undefined
        ? await lastLines(root, file.path, file.node, lines) : await lastBytes(root, file.path, file.node, bytes);
      for await (const chunk of content) await context.out.write(chunk);
    }
    return true;
  });
}
