import { hasGlobSyntax, type NodePath, openFs } from '@duckpond/tinyfs';
import { PondError } from './errors.ts';
import { createNodeReader } from './node-reader.ts';
import type { MaintainReport } from './pond.ts';
import { addRuns, partsOf, planRuns, type RunWorkshop } from './runs.ts';

type Collapsed = Pick<MaintainReport, 'collapsedParts' | 'collapsedBytes' | 'collapsedIntoRuns'>;

/**
 * Puts all versions of the series that a path or pattern matches together, each series in a transaction of its own. The first that
 * cannot be read ends it; those before are committed.
 *
 * @throws PondError `not-found` when the pattern matches no series of rows, `wrong-kind` when the path leads to something else
 */
export async function collapseSeries(workshop: RunWorkshop, pattern: string, dryRun: boolean): Promise<Collapsed> {
  const { oplog } = workshop;
  let [collapsedParts, collapsedBytes, collapsedIntoRuns] = [0, 0, 0];
  for (const { path, node: { home, id } } of await seriesAt(workshop, pattern)) {
    const transaction = await oplog.begin();
    const fact = await transaction.base.view.node(home, id);
    // Removed meanwhile, or something else than rows appended.
    if (fact === undefined || fact.totalRows === null) continue;
    const plan = await planRuns(workshop, transaction, fact, 'collapse');
    for (const planned of plan.planned) {
      const { rows, runs } = partsOf(plan, planned);
      collapsedParts += rows.length + runs.length;
      collapsedBytes += [...rows.map(({ entry }) => entry), ...runs.map(({ run }) => run)]
        .reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0);
    }
    collapsedIntoRuns += plan.planned.length;
    if (dryRun || plan.planned.length === 0) continue;
    await addRuns(workshop, transaction, plan);
    await oplog.commit(transaction, ['maintain', '--collapse', path]);
  }
  return { collapsedParts, collapsedBytes, collapsedIntoRuns };
}

async function seriesAt({ oplog }: RunWorkshop, pattern: string): Promise<readonly NodePath[]> {
  await oplog.refresh();
  const root = await openFs(createNodeReader(oplog, await oplog.view())).root();
  if (!hasGlobSyntax(pattern)) {
    const found = await root.get(pattern);
    if (isOfRows(found)) return [found];
    const { kind } = found.node;
    const what = kind === 'series' ? 'its versions are not rows that are stored' : `it is a ${kind}`;
    throw new PondError('wrong-kind', `Cannot collapse "${pattern}": ${what}, a series of rows was wanted`, { path: pattern });
  }
  const found = new Map<string, NodePath>();
  for await (const match of root.glob(pattern)) if (isOfRows(match)) found.set(match.node.id, match);
  if (found.size > 0) return [...found.values()];
  throw new PondError('not-found', `Cannot collapse "${pattern}": it matches no series of rows, one was wanted`, { path: pattern });
}

function isOfRows({ node }: NodePath): boolean {
  return node.kind === 'series' && node.computed === undefined && node.tabular !== undefined;
}
