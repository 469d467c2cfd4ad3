import type { Context } from '../context.ts';
import { withPond } from '../open-pond.ts';
import { emitRows } from '../output/emit.ts';
import { printable } from '../output/printable.ts';
import type { Column } from '../output/rows.ts';
import { effectiveSettings } from '../settings.ts';

const COLUMNS: readonly Column[] = [
  { name: 'key', type: 'string' },
  { name: 'value', type: 'string' },
  { name: 'origin', type: 'string' },
  { name: 'summary', type: 'string' },
];

export async function run(context: Context, _args: unknown, { showOrigin }: { showOrigin: boolean }): Promise<void> {
  await withPond(context, async (pond) => {
    const settings = await effectiveSettings(context, pond);
    const rows = settings.map(({ key, value, origin, summary }) => [key, value, origin, summary]);
    await emitRows(context, { columns: COLUMNS, rows }, () => settings.map(({ key, value, origin }) =>
      `${showOrigin ? `${printable(origin)}\t` : ''}${printable(key)}=${printable(value)}`));
  });
}
