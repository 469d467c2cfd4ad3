import type { Context } from '../context.ts';
import { withPond } from '../open-pond.ts';
import { emitRows } from '../output/emit.ts';
import { printable } from '../output/printable.ts';
import type { Column } from '../output/rows.ts';

const COLUMNS: readonly Column[] = [
  { name: 'name', type: 'string' },
  { name: 'url', type: 'string' },
  { name: 'auto', type: 'boolean' },
  { name: 'encrypted', type: 'boolean' },
  { name: 'pushed_txn', type: 'long' },
  { name: 'pushed_at', type: 'timestamp' },
  { name: 'failure', type: 'string' },
];

export async function run(context: Context): Promise<void> {
  const { attachments, readStatus } = await import('@duckpond/remote');
  await withPond(context, async (pond) => {
    const rows: unknown[][] = [];
    for (const { name, attachment } of await attachments(pond, 'backup')) {
      const { txnSeq, pushedMicros, failure } = await readStatus(pond.directory, name);
      const { url, auto = false, encryption } = attachment;
      rows.push([name, url, auto, encryption !== undefined, txnSeq ?? null, pushedMicros ?? null, failure?.message ?? null]);
    }
    await emitRows(context, { columns: COLUMNS, rows }, () => rows.map(([name, url, auto, encrypted]) => [
      printable(String(name)), printable(String(url)), ...(auto === true ? ['auto'] : []), ...(encrypted === true ? ['encrypted'] : []),
    ].join('\t')));
  });
}
