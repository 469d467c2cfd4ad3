import { dataFileFacts } from '@duckpond/oplog';
import type { Column, Relation } from '@duckpond/query';
import { longOf, textsOf, timestampOf } from './system-table-values.ts';
import type { SystemState } from './system-tables.ts';

const FILE_COLUMNS: readonly Column[] = [
  { name: 'path', type: 'VARCHAR' },
  { name: 'size', type: 'BIGINT' },
  { name: 'records', type: 'BIGINT' },
  { name: 'tier', type: 'BIGINT' },
  { name: 'txn_min', type: 'BIGINT' },
  { name: 'txn_max', type: 'BIGINT' },
  { name: 'time_min', type: 'TIMESTAMP WITH TIME ZONE' },
  { name: 'time_max', type: 'TIMESTAMP WITH TIME ZONE' },
  { name: 'modified', type: 'TIMESTAMP WITH TIME ZONE' },
  { name: 'sha256', type: 'VARCHAR' },
  { name: 'parts', type: 'VARCHAR[]' },
  { name: 'stats', type: 'VARCHAR' },
];

/** `pond.files`: the data files of the log that hold the state; merged ones may also hold what came later. */
export function filesTable({ view }: SystemState): Promise<Relation> {
  const adds = [...view.files.values()].filter((add) => dataFileFacts(add).txnMin <= view.txnSeq);
  return Promise.resolve({
    columns: FILE_COLUMNS,
    parts: [{
      kind: 'rows',
      columns: FILE_COLUMNS,
      *rows() {
        for (const add of adds) {
          const facts = dataFileFacts(add);
          // Files of other writers have no tags, and then nothing is known.
          const isTagged = facts.txnMax !== Number.MAX_SAFE_INTEGER;
          yield [
            add.path, BigInt(add.size), longOf(recordsIn(add.stats)), BigInt(facts.tier),
            isTagged ? BigInt(facts.txnMin) : null, isTagged ? BigInt(facts.txnMax) : null,
            timestampOf(isTagged ? facts.timeMinMicros : null), timestampOf(isTagged ? facts.timeMaxMicros : null),
            timestampOf(BigInt(add.modificationTime) * 1000n), facts.sha256 ?? null,
            textsOf(facts.parts === undefined ? undefined : [...facts.parts]), add.stats ?? null,
          ];
        }
      },
    }],
  });
}

function recordsIn(stats: string | undefined): number | null {
  if (stats === undefined) return null;
  try {
    const value: unknown = JSON.parse(stats);
    const count = typeof value === 'object' && value !== null && 'numRecords' in value ? value.numRecords : undefined;
    return typeof count === 'number' && Number.isSafeInteger(count) ? count : null;
  } catch {
    return null;
  }
}

const CONFIG_COLUMNS: readonly Column[] = [
  { name: 'key', type: 'VARCHAR' },
  { name: 'value', type: 'VARCHAR' },
  { name: 'origin', type: 'VARCHAR' },
  { name: 'summary', type: 'VARCHAR' },
];

/** `pond.config`: the settings as they count for the query. */
export async function configTable({ settings }: SystemState): Promise<Relation> {
  const rows = (await settings()).map(({ key, value, origin, summary }) => [key, value, origin, summary]);
  return { columns: CONFIG_COLUMNS, parts: [{ kind: 'rows', columns: CONFIG_COLUMNS, rows: () => rows }] };
}
