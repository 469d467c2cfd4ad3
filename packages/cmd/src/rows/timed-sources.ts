import { hasGlobSyntax } from '@duckpond/tinyfs';
import { CliError } from '../errors.ts';
import { timeColumnOf } from './computed.ts';
import type { RowSession } from './session.ts';
import { tableName, type Target } from './target.ts';

/** Rows with times. */
export interface TimedSource {
  /** What people call it. */
  readonly path: string;
  /** What a query calls it. */
  readonly source: string;
  readonly timeColumn: string;
}

/**
 * The rows with times that a text names: each series that a pattern matches, else that one file. A series without rows has none.
 *
 * @throws CliError `failed` for a single file without a column of times
 */
export async function timedSources(rows: RowSession, target: Target): Promise<readonly TimedSource[]> {
  const isPattern = target.kind === 'pond' && hasGlobSyntax(target.text);
  if (target.kind !== 'pond' || (target.isUrl && target.files.length === 1)) return [await timed(rows, target.text, tableName(target))];
  const found: TimedSource[] = [];
  for (const { path, node } of target.files) {
    if (isPattern && node.kind !== 'series') continue;
    if (node.kind !== 'data' && node.computed === undefined && node.version === 0) continue;
    const timeColumn = node.tabular?.timeColumn;
    found.push(timeColumn === undefined ? await timed(rows, path, path) : { path, source: path, timeColumn });
  }
  return found;
}

async function timed(rows: RowSession, path: string, source: string): Promise<TimedSource> {
  const result = await rows.query({ script: 'SELECT * FROM source LIMIT 0', tables: { source } });
  await result.close();
  const timeColumn = timeColumnOf(result.columns);
  if (timeColumn === undefined) {
    throw new CliError('failed', `Cannot look for times in "${path}": it has no column of times, one was wanted`);
  }
  return { path, source, timeColumn };
}
