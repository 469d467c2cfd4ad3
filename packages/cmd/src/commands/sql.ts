import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { chooseFormat } from '../output/format.ts';
import { writeExplanation } from '../rows/explanation.ts';
import { parametersOf, tablesOf } from '../rows/parameters.ts';
import { withRows } from '../rows/session.ts';
import { rowFormat, writeQuery } from '../rows/write.ts';

export interface SqlOptions {
  readonly file: string | undefined;
  readonly tables: readonly string[] | undefined;
  readonly params: readonly string[] | undefined;
  readonly explain: boolean;
}

export async function run(context: Context, { query }: { query: string | undefined }, options: SqlOptions): Promise<void> {
  const { file, explain } = options;
  if (query !== undefined && file !== undefined) {
    throw new CliError('usage', 'Cannot run two scripts: a query and a file are given, one of them was wanted');
  }
  const tables = tablesOf(options.tables ?? []);
  const params = parametersOf(options.params ?? []);
  if (query === undefined && file === undefined && context.effects.stdinIsTty) {
    if (explain) throw new CliError('usage', 'Cannot explain: no query is given, one was wanted with --explain');
    const { repl } = await import('../repl/repl.ts');
    return repl(context, { tables, params });
  }
  const script = query !== undefined && query !== '-' ? query
    : file !== undefined && file !== '-' ? readFileSync(resolve(context.effects.cwd(), file), 'utf8') : await standardInput(context);
  const asked = { script, tables, params };
  await withRows(context, async (rows) => {
    if (explain) return writeExplanation(context, await rows.explain(asked), chooseFormat(context.command, context.globals) === 'json');
    await writeQuery(context, rows, asked, rowFormat(context, 'table'));
  });
}

async function standardInput(context: Context): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of context.effects.stdin()) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
