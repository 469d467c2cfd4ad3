import type { Context } from '../context.ts';
import { withPond } from '../open-pond.ts';
import { emitRows } from '../output/emit.ts';
import { printable } from '../output/printable.ts';
import type { Column } from '../output/rows.ts';

const COLUMNS: readonly Column[] = [
  { name: 'name', type: 'string' },
  { name: 'url', type: 'string' },
  { name: 'path', type: 'string' },
  { name: 'pond_id', type: 'string' },
  { name: 'pulled_txn', type: 'long' },
];

export async function run(context: Context): Promise<void> {
  const { attachments, importState } = await import('@duckpond/remote');
  await withPond(context, async (pond) => {
    const rows: unknown[][] = [];
    for (const { name, attachment } of await attachments(pond, 'remote')) {
      const state = await importState(pond, name);
      rows.push([name, attachment.url, attachment.path ?? null, state?.pondId ?? null, state?.txnSeq ?? null]);
    }
    await emitRows(context, { columns: COLUMNS, rows }, () => rows.map(([name, url, path]) =>
      [name, url, path].map((cell) => printable(String(cell))).join('\t')));
  });
}
