import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { chooseFormat } from '../output/format.ts';
import { knownRows } from '../rows/last-rows.ts';
import { withRows } from '../rows/session.ts';
import { findTarget, tableName } from '../rows/target.ts';

export async function run(context: Context, { path }: { path: string }): Promise<void> {
  await withRows(context, async (rows) => {
    const target = await findTarget(context, rows, path);
    let count = knownRows(target);
    if (count === undefined) {
      const result = await rows.query({ script: 'SELECT count(*) FROM source', tables: { source: tableName(target) } });
      for await (const [value] of result.rows()) count = Number(value);
    }
    if (count === undefined) throw new CliError('failed', `Cannot count "${path}": the query gave no number`);
    const json = chooseFormat(context.command, context.globals) === 'json';
    context.out.print(json ? `${JSON.stringify({ path, rows: count })}\n` : `${count}\n`);
  });
}
