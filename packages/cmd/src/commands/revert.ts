import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { logTransaction, withPond } from '../open-pond.ts';
import { emitLines } from '../output/emit.ts';
import { plural } from '../output/size.ts';
import { changeText } from './diff.ts';
import { getNode } from '../matches.ts';

export async function run(
  context: Context,
  { what }: { what: string },
  { to, dryRun }: { to: number | undefined; dryRun: boolean },
): Promise<void> {
  const wholeTree = /^\d+$/.test(what);
  if (wholeTree === (to !== undefined)) {
    throw new CliError('usage', wholeTree
      ? `Cannot revert to transaction ${what}: --to goes with a path`
      : `Cannot revert "${what}": --to N was wanted, a version of a file or a transaction for a directory`);
  }
  await withPond(context, async (pond) => {
    const options = { command: context.commandLine };
    const version = wholeTree ? undefined : to;
    const kind = wholeTree ? 'directory' : await pond.read(async (fs) => (await getNode(await fs.root(), what, true)).node.kind);
    if (kind !== 'directory' && version !== undefined) {
      if (dryRun) {
        await emitLines(context, [`would write version ${version} of ${what} as a new version`]);
        return;
      }
      logTransaction(context, (await pond.revertFile(what, version, options)).transaction);
      return;
    }
    const target = { txnSeq: Number(wholeTree ? what : to) };
    if (dryRun) {
      const { txnSeq } = await pond.transaction();
      const pattern = wholeTree ? undefined : `${what === '/' ? '' : what}/**`;
      await emitLines(context, lines(pond.diff({ txnSeq }, target, pattern)));
      return;
    }
    const { value, transaction } = await pond.revert(target, wholeTree ? options : { ...options, path: what });
    for (const change of value) context.detail(changeText(change));
    logTransaction(context, transaction);
    const done = transaction && `${plural(value.length, 'change', 'changes')}, transaction ${transaction.txnSeq}`;
    context.note(`reverted to transaction ${target.txnSeq}: ${done ?? 'nothing to change'}`);
  });
}

async function* lines(changes: AsyncIterable<Parameters<typeof changeText>[0]>): AsyncIterable<string> {
  for await (const change of changes) yield changeText(change);
}
