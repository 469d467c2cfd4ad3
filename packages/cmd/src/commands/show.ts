import type { RecordInfo } from '@duckpond/pond';
import type { Context } from '../context.ts';
import { locatePond, withPond } from '../open-pond.ts';
import { chooseFormat, isRowFormat, writeRows } from '../output/format.ts';
import { printable } from '../output/printable.ts';
import type { Column, Row } from '../output/rows.ts';

const COLUMNS: readonly Column[] = [
  { name: 'part_id', type: 'string' },
  { name: 'node_id', type: 'string' },
  { name: 'txn_seq', type: 'long' },
  { name: 'version', type: 'long' },
  { name: 'timestamp', type: 'timestamp' },
  { name: 'kind', type: 'string' },
  { name: 'size', type: 'long' },
];

export async function run(context: Context, _args: unknown, options: { limit: number | undefined; entries: boolean }): Promise<void> {
  const { limit, entries } = options;
  const format = chooseFormat(context.command, context.globals) ?? 'table';
  if (format === 'table') context.out.print(`Opening pond at: ${printable(locatePond(context))}\n`);
  await withPond(context, async (pond) => {
    const records = pond.records({
      entries,
      ...(limit === undefined ? {} : { limit }),
      ...(context.at === undefined ? {} : { at: context.at }),
    });
    if (format === 'table') context.out.print('Operation log contents:\n');
    const columns: readonly Column[] = entries ? [...COLUMNS, { name: 'entries', type: 'json' }] : COLUMNS;
    await writeRows({ columns, rows: rowsOf(records) }, isRowFormat(format) ? format : 'table', context.out);
  });
}

async function* rowsOf(records: AsyncIterable<RecordInfo>): AsyncIterable<Row> {
  for await (const record of records) {
    const { partId, nodeId, txnSeq, version, timestampMicros, kind, sizeBytes, entries } = record;
    yield [partId, nodeId, txnSeq, version, timestampMicros, kind, sizeBytes, entries];
  }
}
