import { type FileNode, isComputedNode } from '@duckpond/tinyfs';
import type { RowSession } from './session.ts';
import { tableName, type Target } from './target.ts';

/** What only a query can tell of the rows of a computed file. */
export interface ComputedFacts {
  readonly rows: number;
  readonly timeColumn?: string;
  readonly timeMinMicros?: bigint;
  readonly timeMaxMicros?: bigint;
}

/** The first column that holds times: by contract of the factories the one of event times. */
export function timeColumnOf(columns: readonly { readonly name: string; readonly type: string }[]): string | undefined {
  return columns.find(({ type }) => /^(DATE|TIMESTAMP)/.test(type))?.name;
}

/** Counts the rows of a computed table or series, and looks where their times begin and end. */
export async function computedFacts(
  rows: RowSession, source: string, columns: readonly { readonly name: string; readonly type: string }[],
): Promise<ComputedFacts> {
  const timeColumn = timeColumnOf(columns);
  const { quoteIdentifier } = await import('@duckpond/query');
  const time = timeColumn === undefined ? 'NULL' : `CAST(${quoteIdentifier(timeColumn)} AS TIMESTAMP WITH TIME ZONE)`;
  const script = `SELECT count(*), epoch_us(min(${time})), epoch_us(max(${time})) FROM source`;
  for await (const [count, least, greatest] of (await rows.query({ script, tables: { source } })).rows()) {
    return {
      rows: Number(count),
      ...(timeColumn === undefined ? {} : { timeColumn }),
      ...(typeof least === 'bigint' ? { timeMinMicros: least } : {}), ...(typeof greatest === 'bigint' ? { timeMaxMicros: greatest } : {}),
    };
  }
  return { rows: 0 };
}

/** What to select all rows from: a computed series, whose rows come in no order of their own, in the order of its times. */
export async function wholeSource(rows: RowSession, target: Target): Promise<string> {
  const [only, ...others] = target.kind === 'pond' ? target.files : [];
  if (only === undefined || others.length > 0 || !isComputedSeries(only.node)) return 'source';
  const result = await rows.query({ script: 'SELECT * FROM source LIMIT 0', tables: { source: tableName(target) } });
  await result.close();
  const timeColumn = timeColumnOf(result.columns);
  if (timeColumn === undefined) return 'source';
  const { quoteIdentifier } = await import('@duckpond/query');
  return `(FROM source ORDER BY ${quoteIdentifier(timeColumn)})`;
}

function isComputedSeries(node: FileNode): boolean {
  return node.kind === 'series' && isComputedNode(node);
}
