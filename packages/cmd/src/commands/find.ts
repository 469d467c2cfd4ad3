import { type FileKind, matchGlob, type NodePath, parseGlob, type WD } from '@duckpond/tinyfs';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { matches } from '../matches.ts';
import { NODE_COLUMNS, nodeName, nodeRow, sizeBytes } from '../node-row.ts';
import { readPond } from '../open-pond.ts';
import { emitRows } from '../output/emit.ts';
import { printable } from '../output/printable.ts';
import type { Row } from '../output/rows.ts';
import { parseDuration } from '../time.ts';

type Test = (entry: NodePath) => boolean;

interface Options {
  readonly name: string | undefined;
  readonly kind: FileKind | 'directory' | 'symlink' | undefined;
  readonly size: string | undefined;
  readonly mtime: string | undefined;
  readonly all: boolean;
}

export async function run(context: Context, { pattern = '**/*' }: { pattern: string | undefined }, options: Options): Promise<void> {
  const tests = testsOf(options, context.effects.nowMicros());
  await readPond(context, async (root) => {
    const found = filtered(root, pattern, options.all, tests);
    await emitRows(context, { columns: NODE_COLUMNS, rows: rowsOf(found) }, () => linesOf(found));
  });
}

function testsOf({ name, kind, size, mtime }: Options, nowMicros: bigint): readonly Test[] {
  const tests: Test[] = [];
  if (name !== undefined) {
    const glob = parseGlob(name);
    tests.push(({ path }) => matchGlob(glob, nodeName(path), { hidden: true }) !== undefined);
  }
  if (kind !== undefined) tests.push(({ node }) => node.kind === kind);
  if (size !== undefined) {
    const accepts = sizeTest(size);
    tests.push(({ node }) => {
      const bytes = sizeBytes(node);
      return bytes !== undefined && accepts(bytes);
    });
  }
  if (mtime !== undefined) {
    const age = parseDuration(mtime.replace(/^[+-]/, ''));
    const older = mtime.startsWith('+');
    tests.push(({ node }) => (older ? node.modifiedMicros <= nowMicros - age : node.modifiedMicros >= nowMicros - age));
  }
  return tests;
}

const SIZE_FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

function sizeTest(text: string): (bytes: number) => boolean {
  const match = /^([+-]?)(\d{1,12})([kmgt]?)$/i.exec(text);
  if (match === null) {
    throw new CliError('usage', `Cannot read size "${text}": bytes such as 10, +10k (at least) or -1M (at most) were wanted`);
  }
  const limit = Number(match[2]) * (SIZE_FACTORS[(match[3] ?? '').toLowerCase()] ?? 1);
  if (match[1] === '+') return (bytes) => bytes >= limit;
  if (match[1] === '-') return (bytes) => bytes <= limit;
  return (bytes) => bytes === limit;
}

async function* filtered(root: WD, pattern: string, hidden: boolean, tests: readonly Test[]): AsyncIterable<NodePath> {
  for await (const entry of matches(root, pattern, { hidden })) {
    if (tests.every((test) => test(entry))) yield entry;
  }
}

async function* rowsOf(found: AsyncIterable<NodePath>): AsyncIterable<Row> {
  for await (const entry of found) yield nodeRow(entry);
}

async function* linesOf(found: AsyncIterable<NodePath>): AsyncIterable<string> {
  for await (const { path } of found) yield printable(path);
}
