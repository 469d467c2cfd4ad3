import type { Pond, TransactionInfo } from '@duckpond/pond';
import { before, changeText } from './diff.ts';
import type { Context } from '../context.ts';
import { withPond } from '../open-pond.ts';
import { emitRows } from '../output/emit.ts';
import { chooseFormat } from '../output/format.ts';
import { printable } from '../output/printable.ts';
import type { Column, Row } from '../output/rows.ts';
import { plural } from '../output/size.ts';
import { settingValue } from '../settings.ts';
import { formatDuration, formatTimestamp } from '../time.ts';

const COLUMNS: readonly Column[] = [
  { name: 'txn_seq', type: 'long' },
  { name: 'timestamp', type: 'timestamp' },
  { name: 'command', type: 'string' },
  { name: 'user', type: 'string' },
  { name: 'host', type: 'string' },
  { name: 'created', type: 'long' },
  { name: 'written', type: 'long' },
  { name: 'renamed', type: 'long' },
  { name: 'removed', type: 'long' },
  { name: 'duration_micros', type: 'long' },
  { name: 'state', type: 'string' },
  { name: 'uuid', type: 'string' },
];
/** The log holds nothing else: a transaction that did not commit has left no trace. */
const STATE = 'committed';

/** Forms for people: they get the newest transactions, programs get all. */
const FOR_PEOPLE: ReadonlySet<string | undefined> = new Set([undefined, 'text', 'table', 'markdown']);

export async function run(
  context: Context,
  { path }: { path: string | undefined },
  { limit, txn }: { limit: number | undefined; txn: number | undefined },
): Promise<void> {
  await withPond(context, async (pond) => {
    if (txn !== undefined) {
      await emitRows(context, { columns: COLUMNS, rows: rowsOf(only(pond, txn)) }, () => inFull(pond, txn));
      return;
    }
    const forPeople = context.out.isTty || FOR_PEOPLE.has(chooseFormat(context.command, context.globals));
    const most = limit ?? (forPeople ? Number(await settingValue(context, pond, 'log.limit')) : undefined);
    const cut = { more: false };
    const transactions = atMost(most, cut, pond.transactions({
      ...(path === undefined ? {} : { path }),
      ...(context.at === undefined ? {} : { at: context.at }),
    }));
    await emitRows(context, { columns: COLUMNS, rows: rowsOf(transactions) }, () => blocks(transactions));
    if (cut.more && limit === undefined) {
      context.note(`The newest ${plural(most ?? 0, 'transaction', 'transactions')}; --limit N shows more`);
    }
  });
}

/** The first of them, and in `cut` whether there are more. */
async function* atMost(
  count: number | undefined, cut: { more: boolean }, all: AsyncIterable<TransactionInfo>,
): AsyncIterable<TransactionInfo> {
  let left = count ?? Infinity;
  if (left === 0) return;
  for await (const transaction of all) {
    if (left === 0) {
      cut.more = true;
      return;
    }
    yield transaction;
    left--;
    // The first transaction has none before it.
    if (left === 0 && transaction.txnSeq === 1) return;
  }
}

async function* only(pond: Pond, txnSeq: number): AsyncIterable<TransactionInfo> {
  yield await pond.transaction({ txnSeq });
}

async function* rowsOf(transactions: AsyncIterable<TransactionInfo>): AsyncIterable<Row> {
  for await (const { txnSeq, timestampMicros, command, user, host, changes, durationMicros, uuid } of transactions) {
    const { created, written, renamed, removed } = changes;
    yield [txnSeq, timestampMicros, command.join(' '), user, host, created, written, renamed, removed, durationMicros, STATE, uuid];
  }
}

async function* blocks(transactions: AsyncIterable<TransactionInfo>): AsyncIterable<string> {
  let first = true;
  for await (const transaction of transactions) {
    if (!first) yield '';
    first = false;
    yield* block(transaction);
  }
}

function* block({ txnSeq, timestampMicros, command, user, host, changes, durationMicros }: TransactionInfo): Iterable<string> {
  const counts = Object.entries(changes).flatMap(([name, count]: readonly [string, number]) => (count > 0 ? [`${count} ${name}`] : []));
  yield `transaction ${txnSeq}`;
  yield `Time:     ${formatTimestamp(timestampMicros)}`;
  yield `Command:  ${printable(command.join(' '))}`;
  yield `User:     ${printable(`${user}@${host}`)}`;
  yield `Changes:  ${counts.length === 0 ? 'none' : counts.join(', ')}`;
  yield `Duration: ${formatDuration(durationMicros / 1000)}`;
  yield `State:    ${STATE}`;
}

async function* inFull(pond: Pond, txnSeq: number): AsyncIterable<string> {
  const transaction = await pond.transaction({ txnSeq });
  yield* block(transaction);
  yield `Started:  ${formatTimestamp(transaction.startedMicros)}`;
  yield `UUID:     ${transaction.uuid}`;
  yield `Pond:     ${transaction.pondId}`;
  let first = true;
  for await (const change of pond.diff(before(transaction), { txnSeq })) {
    if (first) yield '';
    first = false;
    yield `  ${changeText(change)}`;
  }
}
