import { readArrowBatches } from './arrow-ipc-read.ts';
import { QueryError } from './errors.ts';
import { quoteIdentifier } from './identifier.ts';
import { copySelect, type ParquetFile, type ParquetOptions, withSession } from './parquet-copy.ts';
import { type Column, type Part, VERSION_COLUMN } from './relation.ts';
import { relationSelect, unitedByName } from './relation-view.ts';
import type { ScriptHost } from './script.ts';
import type { Session } from './session.ts';
import { nestingIn } from './views.ts';

/** What goes into a run, in the order of the versions: one version's rows, or an earlier run with its versions. */
export type VersionContent =
  | { readonly kind: 'parquet'; readonly version: number; readonly path: string }
  | { readonly kind: 'arrow'; readonly version: number; readonly bytes: Uint8Array }
  | { readonly kind: 'run'; readonly path: string; readonly versions: { readonly from: number; readonly to: number } };

export interface MergeOptions extends ParquetOptions {
  /** The columns of the series: absent ones become null, narrower ones are widened. Without them the contents say. */
  readonly columns?: readonly Column[];
}

/**
 * Writes the rows of consecutive versions to one Parquet file, in order, with the hidden version column last. Throws `query-failed`, and
 * leaves no file, when the file does not have as many rows as its contents.
 */
export async function mergeVersions(
  host: ScriptHost, versions: readonly VersionContent[], path: string, options: MergeOptions = {},
): Promise<ParquetFile> {
  if (versions.length === 0) {
    throw new QueryError('bad-input', `Cannot write the run "${path}": there are no versions, wanted at least one`);
  }
  return withSession(host, options.signal, async (session, steps) => {
    const version = quoteIdentifier(VERSION_COLUMN);
    const selects: string[] = [];
    let expected = 0;
    for (const content of versions) {
      const { select, rowCount } = await contentSelect(host, session, content, options.columns);
      selects.push(select);
      expected += rowCount;
    }
    const select = `SELECT * EXCLUDE (${version}), ${version} FROM (${unitedByName(selects)})`;
    return copySelect(session, steps, select, path, { ...options, isKept: true, expectedRows: expected });
  });
}

async function contentSelect(
  host: ScriptHost, session: Session, content: VersionContent, columns: readonly Column[] | undefined,
): Promise<{ readonly select: string; readonly rowCount: number }> {
  const { nest } = nestingIn(session, host.readers);
  const context = { duckdb: host.duckdb, session, readers: host.readers, nest };
  const version = quoteIdentifier(VERSION_COLUMN);
  const relationOf = (part: Part): { parts: readonly Part[]; columns?: readonly Column[] } =>
    ({ parts: [part], ...(columns === undefined ? {} : { columns }) });
  if (content.kind === 'run') {
    const { from, to } = content.versions;
    const withVersion = columns === undefined ? undefined : [...columns, { name: VERSION_COLUMN, type: 'BIGINT' }];
    const part: Part = { kind: 'parquet', paths: [content.path] };
    const rows = await relationSelect(context, { parts: [part], ...(withVersion === undefined ? {} : { columns: withVersion }) });
    const range = `${version} BETWEEN ${await session.bind(from)} AND ${await session.bind(to)}`;
    return { select: `SELECT * FROM (${rows}) WHERE ${range}`, rowCount: await rowsOf(session, rows, range) };
  }
  const part: Part = content.kind === 'parquet' ? { kind: 'parquet', paths: [content.path] } : { kind: 'arrow', streams: [content.bytes] };
  const rows = await relationSelect(context, relationOf(part));
  const rowCount = content.kind === 'arrow' ? arrowRows(content.bytes) : await rowsOf(session, rows, 'true');
  return { select: `SELECT *, CAST(${await session.bind(content.version)} AS BIGINT) AS ${version} FROM (${rows})`, rowCount };
}

function arrowRows(bytes: Uint8Array): number {
  let rows = 0;
  for (const { length } of readArrowBatches(bytes)) rows += length;
  return rows;
}

async function rowsOf(session: Session, select: string, condition: string): Promise<number> {
  const [row] = await session.all(`SELECT count(*) FROM (${select}) WHERE ${condition}`);
  return Number(row?.[0] ?? 0);
}
