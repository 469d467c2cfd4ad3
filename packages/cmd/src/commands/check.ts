import type { ExitCode } from '../command.ts';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { readHostText } from '../host/read-text.ts';
import { emitRows } from '../output/emit.ts';
import { printable } from '../output/printable.ts';
import type { Column } from '../output/rows.ts';
import { type Breach, breachesOf, breachText } from '../rows/breaches.ts';
import { type RowSession, withRows } from '../rows/session.ts';

/** Where the checks are when no file is named. */
const STORED = '/system/etc/check.yaml';

const COLUMNS: readonly Column[] = [
  { name: 'path', type: 'string' },
  { name: 'kind', type: 'string' },
  { name: 'column', type: 'string' },
  { name: 'value', type: 'double' },
  { name: 'limit', type: 'string' },
  { name: 'time', type: 'timestamp' },
];

export async function run(context: Context, _args: unknown, { file }: { file: string | undefined }): Promise<ExitCode> {
  return withRows(context, async (rows) => {
    const text = file === undefined ? await stored(context, rows) : await readHostText(context, file);
    const { parseChecks } = await import('@duckpond/factories');
    const found: Breach[] = [];
    for (const check of parseChecks(text, file ?? STORED)) found.push(...await breachesOf(context, rows, check));
    const cells = found.map(({ path, kind, column, value, limit, timeMicros }) => (
      [path, kind, column, value, limit === undefined ? undefined : String(limit), timeMicros]));
    await emitRows(context, { columns: COLUMNS, rows: cells }, () => found.map((breach) => printable(breachText(breach))));
    return found.length === 0 ? 0 : 1;
  });
}

async function stored(context: Context, rows: RowSession): Promise<string> {
  const pond = await rows.pond();
  return pond.read(async (fs) => {
    const root = await fs.root();
    if (!await root.exists(STORED)) {
      const hint = `name a file with -f, or keep the limits in the pond: pond copy FILE ${STORED}`;
      throw new CliError('failed', `Cannot check: there are no limits at "${STORED}", and none were named`, hint);
    }
    const chunks: Uint8Array[] = [];
    for await (const chunk of root.read(STORED)) chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  }, context.at === undefined ? {} : { at: context.at });
}
