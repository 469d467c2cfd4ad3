import type { FileNode } from '@duckpond/tinyfs';
import { wholeSource } from './computed.ts';
import type { RowQuery, RowSession } from './session.ts';
import { tableName, type Target } from './target.ts';

/**
 * The last rows of what is there, in its order. Of a table or series only the versions are read that have them, as they are now: what is
 * committed meanwhile comes behind. Others are counted first.
 */
export async function lastRows(rows: RowSession, target: Target, count: number): Promise<RowQuery> {
  const tables = { source: tableName(target) };
  const [only, ...others] = target.kind === 'pond' && !target.isUrl ? target.files : [];
  if (only !== undefined && others.length === 0 && isCounted(only.node)) {
    return { script: 'FROM source', tables: { source: only.path }, last: { rows: count, untilVersion: only.node.version } };
  }
  let total = knownRows(target);
  if (total === undefined) {
    const result = await rows.query({ script: 'SELECT count(*) FROM source', tables });
    for await (const [value] of result.rows()) total = Number(value);
  }
  // What is committed meanwhile comes behind these rows: it must not fill up what is missing.
  const least = Math.min(count, total ?? 0);
  return { script: `SELECT * FROM ${await wholeSource(rows, target)} LIMIT ${least} OFFSET ${(total ?? 0) - least}`, tables };
}

function isCounted({ kind, tabular, computed }: FileNode): boolean {
  return kind !== 'data' && tabular !== undefined && computed === undefined;
}

/** The number of rows that tables and series say that they have; undefined when some file does not know. */
export function knownRows(target: Target): number | undefined {
  if (target.kind !== 'pond') return undefined;
  let sum = 0;
  for (const { node } of target.files) {
    if (node.kind === 'data' || node.tabular === undefined) return undefined;
    sum += node.tabular.rowCount;
  }
  return sum;
}
