import type { Column } from './relation.ts';
import type { ScanSession } from './scan-session.ts';

/** The columns of a SELECT of this package's own making, with types as DuckDB prints them: JSON is JSON, and no type is `"NULL"`. */
export async function describeSelect(session: ScanSession, select: string): Promise<readonly Column[]> {
  const rows = await session.all(`DESCRIBE ${select}`);
  return rows.map(([name, type]) => ({ name: String(name), type: String(type) }));
}
