import type { At, TransactionInfo, TreeChange } from '@duckpond/pond';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { withPond } from '../open-pond.ts';
import { emitRows } from '../output/emit.ts';
import { printable } from '../output/printable.ts';
import type { Column, Row } from '../output/rows.ts';
import { parseAt } from '../time.ts';

const COLUMNS: readonly Column[] = [
  { name: 'change', type: 'string' },
  { name: 'kind', type: 'string' },
  { name: 'path', type: 'string' },
  { name: 'from', type: 'string' },
  { name: 'old_version', type: 'long' },
  { name: 'new_version', type: 'long' },
  { name: 'old_size', type: 'long' },
  { name: 'new_size', type: 'long' },
];
const MARKS: Readonly<Record<TreeChange['change'], string>> = { added: 'A', removed: 'D', modified: 'M', renamed: 'R' };

export async function run(context: Context, { words }: { words: readonly string[] }): Promise<void> {
  const states = words.filter((word) => !isPattern(word));
  const patterns = words.filter(isPattern);
  if (states.length > 2 || patterns.length > 1) {
    const wanted = 'at most two states and one pattern that begins with "/" were wanted';
    throw new CliError('usage', `Cannot run "diff": ${wanted}`, 'pond diff --help');
  }
  const [from, to] = states.map((word) => parseAt(word, context.effects.nowMicros()));
  await withPond(context, async (pond) => {
    const newer = to ?? context.at;
    const changes = pond.diff(from ?? before(await pond.transaction(newer)), newer, patterns[0]);
    await emitRows(context, { columns: COLUMNS, rows: rowsOf(changes) }, () => linesOf(changes));
  });
}

function isPattern(word: string): boolean {
  return word.startsWith('/');
}

/** The state before a transaction; the first, which made the pond, has none, and changed no path. */
export function before({ txnSeq }: TransactionInfo): At {
  return { txnSeq: Math.max(txnSeq - 1, 1) };
}

async function* rowsOf(changes: AsyncIterable<TreeChange>): AsyncIterable<Row> {
  for await (const { change, kind, path, from, oldVersion, newVersion, oldSizeBytes, newSizeBytes } of changes) {
    yield [change, kind, path, from, oldVersion, newVersion, oldSizeBytes, newSizeBytes];
  }
}

async function* linesOf(changes: AsyncIterable<TreeChange>): AsyncIterable<string> {
  for await (const change of changes) yield changeText(change);
}

/** `M data /a/b`, `R data /old -> /new`. */
export function changeText({ change, kind, path, from }: TreeChange): string {
  const place = from === undefined ? printable(path) : `${printable(from)} -> ${printable(path)}`;
  return `${MARKS[change]} ${kind.padEnd(9)} ${place}`;
}
