import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { matches } from '../matches.ts';
import { readPond } from '../open-pond.ts';
import { chooseFormat } from '../output/format.ts';
import { wholeSource } from '../rows/computed.ts';
import { withRows } from '../rows/session.ts';
import { findTarget, isUrl, tableName } from '../rows/target.ts';
import { rowFormat, writeQuery } from '../rows/write.ts';
import { contentOf } from './cat.ts';

const LINE_FEED = 10;
const DEFAULT_ROWS = 10;

export async function run(
  context: Context,
  { path }: { path: string },
  { lines = DEFAULT_ROWS, bytes }: { lines: number | undefined; bytes: number | undefined },
): Promise<void> {
  const asksRows = isUrl(path) || chooseFormat(context.command, context.globals) !== undefined;
  if (asksRows && bytes !== undefined) throw bytesOfRows(path);
  if (!asksRows && await headOfBytes(context, path, lines, bytes)) return;
  await withRows(context, async (rows) => {
    const target = await findTarget(context, rows, path);
    if (target.kind === 'pond' && target.files.length === 0) return;
    const query = { script: `SELECT * FROM ${await wholeSource(rows, target)} LIMIT ${lines}`, tables: { source: tableName(target) } };
    await writeQuery(context, rows, query, rowFormat(context, 'table'));
  });
}

export function bytesOfRows(path: string): CliError {
  return new CliError('usage', `Cannot count bytes of "${path}": it has rows, -n was wanted`);
}

/** False when there are rows among what the path leads to, and then nothing is printed. */
async function headOfBytes(context: Context, path: string, lines: number, bytes: number | undefined): Promise<boolean> {
  return readPond(context, async (root) => {
    const found = [];
    for await (const match of matches(root, path, { follow: true })) {
      if (match.node.kind === 'table' || match.node.kind === 'series') {
        if (bytes !== undefined) throw bytesOfRows(match.path);
        return false;
      }
      found.push(match);
    }
    for (const match of found) {
      const content = contentOf(root, match, false);
      const beginning = bytes === undefined ? firstLines(content, lines) : firstBytes(content, bytes);
      for await (const part of beginning) await context.out.write(part);
    }
    return true;
  });
}

async function* firstBytes(content: AsyncIterable<Uint8Array>, count: number): AsyncIterable<Uint8Array> {
  let left = count;
  if (left === 0) return;
  for await (const chunk of content) {
    yield chunk.subarray(0, left);
    left -= chunk.length;
    if (left <= 0) return;
  }
}

async function* firstLines(content: AsyncIterable<Uint8Array>, count: number): AsyncIterable<Uint8Array> {
  let left = count;
  if (left === 0) return;
  for await (const chunk of content) {
    let end = 0;
    while (left > 0) {
      const next = chunk.indexOf(LINE_FEED, end);
      if (next === -1) break;
      end = next + 1;
      left--;
    }
    yield left === 0 ? chunk.subarray(0, end) : chunk;
    if (left === 0) return;
  }
}
