import { createReadStream } from 'node:fs';
import { hasGlobSyntax, type NodePath, type WD } from '@duckpond/tinyfs';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { matches } from '../matches.ts';
import { readPond } from '../open-pond.ts';
import { chooseFormat, type RowFormat } from '../output/format.ts';
import { takeApart } from '../repl/statement.ts';
import { wholeSource } from '../rows/computed.ts';
import { writeExplanation } from '../rows/explanation.ts';
import { checkTimes, type RowQuery, withRows } from '../rows/session.ts';
import { findTarget, isUrl, tableName, type Target } from '../rows/target.ts';
import { rowFormat, writeQuery } from '../rows/write.ts';
import { parseTime } from '../time.ts';

export interface CatOptions {
  readonly sql: string | undefined;
  readonly limit: number | undefined;
  readonly timeStart: string | undefined;
  readonly timeEnd: string | undefined;
  readonly version: number | undefined;
  readonly explain: boolean;
}

export async function run(context: Context, { path }: { path: string }, options: CatOptions): Promise<void> {
  const format = chooseFormat(context.command, context.globals);
  if (format === 'raw') return void await catBytes(context, path, options, true);
  const { sql, limit, timeStart, timeEnd, explain } = options;
  const isAsked = format !== undefined || explain || [sql, limit, timeStart, timeEnd].some((value) => value !== undefined);
  // Bytes need no query: the pond is read, and nothing else is loaded.
  if (!isAsked && !isUrl(path) && await catBytes(context, path, options, false)) return;
  await withRows(context, async (rows) => {
    const target = await findTarget(context, rows, path);
    if (target.kind === 'pond' && target.files.length === 0) return;
    if (!isAsked && target.kind === 'host' && !/^host\+/i.test(path)) return catHost(context, target.path);
    const query = queryOf(context, target, options, sql === undefined ? await wholeSource(rows, target) : 'source');
    if (explain) return writeExplanation(context, await rows.explain(query), format === 'json');
    await writeQuery(context, rows, query, rowFormat(context, defaultFormat(context)), () => Promise.resolve(columnsOf(target)));
  });
}

function defaultFormat(context: Context): RowFormat {
  return context.out.isTty ? 'table' : 'parquet';
}

function queryOf(
  context: Context, target: Target, { sql, limit, timeStart, timeEnd, version }: CatOptions, source: string,
): RowQuery {
  const now = context.effects.nowMicros();
  const timeStartMicros = timeStart === undefined ? undefined : parseTime(timeStart, now);
  const timeEndMicros = timeEnd === undefined ? undefined : parseTime(timeEnd, now);
  checkTimes(timeStartMicros, timeEndMicros);
  const whole = sql ?? `SELECT * FROM ${source}`;
  return {
    // The line break ends a comment that the query may end with.
    script: limit === undefined ? whole : sql === undefined ? `SELECT * FROM ${source} LIMIT ${limit}` : limited(sql, limit),
    tables: { source: tableName(target) },
    version, timeStartMicros, timeEndMicros,
  };
}

/** The rows of a query are limited by one around it; a script's last statement cannot be put there. */
function limited(sql: string, limit: number): string {
  const { statements } = takeApart(`${sql}\n;`);
  if (statements.length !== 1) {
    throw new CliError('usage', 'Cannot limit a script: it has several statements, one query was wanted with --limit');
  }
  const query = (statements[0] ?? '').slice(0, -1);
  return `SELECT * FROM (${query}\n) LIMIT ${limit}`;
}

function columnsOf(target: Target): NonNullable<Extract<Target, { kind: 'pond' }>['files'][number]['node']['tabular']>['columns'] {
  return target.kind !== 'pond' ? [] : target.files.flatMap(({ node }) => node.tabular?.columns ?? []);
}

async function catHost(context: Context, path: string): Promise<void> {
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) await context.out.write(chunk as Uint8Array);
}

/** Prints bytes as they are; without `raw` only those of data files: false when there are rows among them, and then nothing is printed. */
async function catBytes(context: Context, path: string, { sql, version, explain }: CatOptions, raw: boolean): Promise<boolean> {
  if (sql !== undefined || explain) {
    throw new CliError('usage', 'Cannot query bytes: --format raw prints them as they are, another format was wanted with --sql');
  }
  const url = isUrl(path) ? (await import('@duckpond/query')).parseFormatUrl(path) : undefined;
  if (url?.host === true) {
    await catHost(context, url.path);
    return true;
  }
  const pattern = url?.path ?? path;
  return readPond(context, async (root) => {
    const isPattern = hasGlobSyntax(pattern);
    const found: NodePath[] = [];
    for await (const match of matches(root, pattern, { follow: true })) {
      if (isPattern && match.node.kind === 'directory') continue;
      if (!raw && await hasRows(root, match)) return false;
      found.push(match);
    }
    for (const match of found) {
      for await (const chunk of contentOf(root, match, true, version)) {
        context.signal.throwIfAborted();
        await context.out.write(chunk);
      }
    }
    return true;
  });
}

/** A series of which nobody said what rows it has may be bytes that were added to: a log. Its first bytes tell. */
async function hasRows(root: WD, { path, node }: NodePath): Promise<boolean> {
  if (node.kind !== 'table' && node.kind !== 'series') return false;
  if (node.tabular !== undefined || node.computed !== undefined || node.version === 0) return true;
  const pieces: Uint8Array[] = [];
  for await (const piece of root.read(path, { range: { start: 0, end: 4 } })) pieces.push(piece);
  const start = Buffer.concat(pieces).toString('latin1');
  return start === 'PAR1' || start === '\xff\xff\xff\xff';
}

/** The bytes of a file. @throws CliError for what has none, and unless `raw` for rows, which are no bytes */
export function contentOf(root: WD, { path, node }: NodePath, raw: boolean, version?: number): AsyncIterable<Uint8Array> {
  if (node.kind === 'directory') {
    throw new CliError('failed', `Cannot read "${path}": it is a directory, a file was wanted`, `pond list "${path}/"`);
  }
  if ((node.kind === 'table' || node.kind === 'series') && !raw) {
    const what = `Cannot read "${path}" as bytes: it is a ${node.kind}, a data file was wanted`;
    throw new CliError('failed', what, 'cat --format raw prints the stored bytes');
  }
  return root.read(path, version === undefined ? {} : { version });
}
