import type { ExitCode } from '../command.ts';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { FACTORIES } from '../factories.ts';
import { withPond } from '../open-pond.ts';
import { emitTable } from '../output/emit.ts';
import type { Column, ColumnType } from '../output/rows.ts';
import { findNode, hostNode } from '../run/find-node.ts';
import { runAll } from '../run/run-all.ts';
import { runNode } from '../run/run-node.ts';

type Items = readonly Readonly<Record<string, string | number | bigint | boolean | null>>[];

export async function run(
  context: Context, { target, words }: { target: string | undefined; words: readonly string[] }, { all }: { all: boolean },
): Promise<ExitCode> {
  if (all) {
    if (words.length > 0) throw new CliError('usage', 'Cannot run all with arguments: they are for one node, at most a factory was wanted');
    return runAll(context, FACTORIES, target);
  }
  if (target === undefined) {
    throw new CliError('usage', 'Cannot run "run": no node is named, a path, a name or --all was wanted', 'pond run --help');
  }
  const outside = await hostNode(context, target, FACTORIES);
  return withPond(context, async (pond) => {
    const node = outside ?? await pond.read(async (fs) => findNode(await fs.root(), target));
    const { state, items } = await runNode(context, pond, FACTORIES, node, words);
    await printItems(context, items);
    return state === 'done' ? 0 : 3;
  });
}

async function printItems(context: Context, items: Items): Promise<void> {
  const names = [...new Set(items.flatMap((item) => Object.keys(item)))];
  const isAsked = context.globals.json || context.globals.format !== undefined;
  if (names.length === 0 && !isAsked) return;
  const columns = names.map((name): Column => ({ name, type: typeOf(items.map((item) => item[name] ?? null)) }));
  const rows = items.map((item) => names.map((name) => item[name] ?? null));
  await emitTable(context, { columns, rows });
}

function typeOf(values: readonly unknown[]): ColumnType {
  const given = values.filter((value) => value !== null);
  if (given.length > 0 && given.every((value) => typeof value === 'boolean')) return 'boolean';
  if (given.length > 0 && given.every((value) => typeof value === 'bigint' || Number.isSafeInteger(value))) return 'long';
  return given.length > 0 && given.every((value) => typeof value === 'number') ? 'double' : 'string';
}
