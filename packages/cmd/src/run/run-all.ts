import type { Factories } from '@duckpond/pond';
import type { ExitCode } from '../command.ts';
import type { Context } from '../context.ts';
import { CliError, isError, report } from '../errors.ts';
import { Interrupted } from '../interruption.ts';
import { withPond } from '../open-pond.ts';
import { emitTable } from '../output/emit.ts';
import type { Column } from '../output/rows.ts';
import { runNode } from './run-node.ts';

const COLUMNS: readonly Column[] = [
  { name: 'path', type: 'string' }, { name: 'factory', type: 'string' }, { name: 'state', type: 'string' },
  { name: 'seconds', type: 'double' }, { name: 'items', type: 'long' }, { name: 'error', type: 'string' },
];

interface Ended {
  readonly state: 'done' | 'some-failed' | 'failed' | 'locked';
  readonly items: number;
  readonly error: string | null;
}

/** Runs every node that can be run, or those of one factory, and prints how each ended. */
export async function runAll(context: Context, factories: Factories, kind: string | undefined): Promise<ExitCode> {
  const { findExecutables, inRunOrder, unknownFactory } = await import('@duckpond/factories');
  if (kind !== undefined && factories.get(kind)?.isExecutable !== true) {
    const what = factories.has(kind) ? `"${kind}" runs nothing, a factory that can be run was wanted` : unknownFactory(kind, factories);
    throw new CliError('usage', `Cannot run all of "${kind}": ${what}`);
  }
  return withPond(context, async (pond) => {
    const nodes = await pond.read(async (fs) => {
      const root = await fs.root();
      const all = await findExecutables(root, factories);
      return inRunOrder(root, factories, all.filter(({ factory }) => kind === undefined || factory === kind));
    });
    const rows: unknown[][] = [];
    const states: Ended['state'][] = [];
    for (const node of nodes) {
      const begun = context.effects.elapsedMillis();
      const { state, items, error } = await ended(context, () => runNode(context, pond, factories, node, []));
      if (error !== null) context.warn(`pond: ${error}`);
      states.push(state);
      rows.push([node.path, node.factory, state, Math.round(context.effects.elapsedMillis() - begun) / 1000, items, error]);
    }
    if (nodes.length === 0) context.note('nothing can be run');
    const isAsked = context.globals.json || context.globals.format !== undefined;
    if (nodes.length > 0 || isAsked) await emitTable(context, { columns: COLUMNS, rows });
    if (states.every((state) => state === 'done')) return 0;
    if (states.every((state) => state === 'locked')) return 11;
    return states.some((state) => state === 'done' || state === 'some-failed') ? 3 : 1;
  });
}

async function ended(context: Context, work: () => ReturnType<typeof runNode>): Promise<Ended> {
  try {
    const { state, items } = await work();
    return { state, items: items.length, error: state === 'done' ? null : 'some items failed' };
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof Interrupted) throw error;
    return { state: isError(error, 'FactoryError', 'locked') ? 'locked' : 'failed', items: 0, error: report(error).message };
  }
}
