import { type AddFile, commit, type ObjectStore, removeOf } from '@duckpond/delta';
import { dataFileFacts } from './data-file.ts';
import { writeDataFile } from './data-file-write.ts';
import type { DataReader } from './data-reader.ts';
import { linkedActions } from './hash-chain.ts';
import { advanceHead, extendHead, type Head } from './head.ts';
import { ENGINE, type Environment } from './environment.ts';
import { withoutMerged } from './merged-versions.ts';
import { compareRows, type Row } from './row.ts';

/** A commit that finds this many files of single transactions merges them. */
const TIER_0_FILES = 32;
/** So many files of a higher tier become one of the next. */
const TIER_FILES = 8;
/** What a commit may read to merge; larger merges wait for `maintain`. */
const FOREGROUND_BYTES = 4 * 1024 * 1024;
/** Files are not made larger than about this. */
const FILE_BYTES = 16 * 1024 * 1024;
/** The same in rows: history is so compact that its rows, once read, take a hundred times its bytes. */
const FOREGROUND_ROWS = 16_384;
const FILE_ROWS = 65_536;
const MEDIUM_BYTES = 128 * 1024;
const LARGE_BYTES = 1024 * 1024;
const ATTEMPTS = 3;
/** From this tier on files are kept for long: they are written compact. Those below will soon be merged again. */
const HISTORY_TIER = 2;

export interface MergePlan {
  readonly tier: number;
  readonly inputs: readonly AddFile[];
  /** What is merged by hand is not soon merged again. */
  readonly isByHand: boolean;
  /** What becomes of a row when it is not to stay as it is; undefined: it goes. */
  readonly change?: (row: Row) => Row | undefined;
}

export interface MergeOptions {
  /** Only what a commit may do beside its own work. */
  readonly foreground: boolean;
  /** Merge what there is, whatever the counts. */
  readonly anyCount?: boolean;
  readonly leastTier?: number;
  readonly mostTier?: number;
}

/** The next merge that is due, lowest tier first: each row is rewritten once a tier, so O(log n) times. Pure. */
export function planMerge(
  files: Iterable<AddFile>, options: MergeOptions,
): MergePlan | undefined {
  const tiers = new Map<number, AddFile[]>();
  for (const add of files) {
    if (add.size >= FILE_BYTES || dataFileFacts(add).rows >= FILE_ROWS) continue;
    const tier = options.anyCount === true ? tierOfSize(add) : effectiveTier(add);
    if (tier < (options.leastTier ?? 0) || tier > (options.mostTier ?? tier)) continue;
    tiers.set(tier, [...tiers.get(tier) ?? [], add]);
  }
  for (const tier of [...tiers.keys()].sort((a, b) => a - b)) {
    const due = options.anyCount === true ? 2 : tier === 0 ? TIER_0_FILES : TIER_FILES;
    const oldestFirst = (tiers.get(tier) ?? []).sort((a, b) => dataFileFacts(a).txnMin - dataFileFacts(b).txnMin);
    const inputs: AddFile[] = [];
    const most = options.foreground ? { bytes: FOREGROUND_BYTES, rows: FOREGROUND_ROWS } : { bytes: FILE_BYTES, rows: FILE_ROWS };
    let bytes = 0;
    let rows = 0;
    for (const add of oldestFirst) {
      bytes += add.size;
      rows += dataFileFacts(add).rows;
      if ((bytes > most.bytes || rows > most.rows) && inputs.length > 0) break;
      inputs.push(add);
    }
    if (oldestFirst.length < due || inputs.length < 2) continue;
    return { tier: inputs.reduce((most, add) => Math.max(most, dataFileFacts(add).tier), tier), inputs, isByHand: !options.foreground };
  }
  return undefined;
}

/** A file that is large already is merged with its equals, not with the small files of its tier. */
function effectiveTier(add: AddFile): number {
  return Math.max(dataFileFacts(add).tier, tierOfSize(add));
}

function tierOfSize({ size }: AddFile): number {
  return size >= LARGE_BYTES ? 2 : size >= MEDIUM_BYTES ? 1 : 0;
}

/** Puts the rows of the inputs into one file, sorted by part, and exchanges it for them in one commit that changes no data. */
export async function merge(
  store: ObjectStore, reader: DataReader, environment: Environment, head: Head, plan: MergePlan,
): Promise<{ readonly head: Head; readonly merged: boolean }> {
  const rows: Row[] = [];
  const { change } = plan;
  for (const add of plan.inputs) {
    const found = await reader.rows(add);
    for (const row of found) {
      const changed = change === undefined ? row : change(row);
      if (changed !== undefined) rows.push(changed);
    }
  }
  rows.sort(compareRows);
  const nowMicros = environment.nowMicros();
  const nowMillis = Number(nowMicros / 1000n);
  const { rows: kept } = await withoutMerged(rows, head.view, store, nowMicros);
  const tier = Math.max(plan.tier + 1, plan.isByHand ? HISTORY_TIER : 0);
  const { add, records, durable } = await writeDataFile(
    store, kept, { codec: tier < HISTORY_TIER ? 'snappy' : 'gzip', tier, uuid: environment.uuid(), nowMillis, dataChange: false },
  );
  let current = head;
  for (let attempt = 0; attempt < ATTEMPTS && plan.inputs.every(({ path }) => current.snapshot.files.has(path)); attempt++) {
    const actions = await linkedActions(
      store, current.snapshot,
      {
        timestamp: nowMillis, operation: 'OPTIMIZE', operationParameters: { predicate: '[]' }, isBlindAppend: false, engineInfo: ENGINE,
        txnId: environment.uuid(),
      },
      { maintenance: 'merge', tier },
      [...plan.inputs.map((input) => ({ kind: 'remove', remove: removeOf(input, nowMillis, false) }) as const), { kind: 'add', add }],
    );
    const result = await commit(store, current.snapshot, actions, durable);
    if (result.kind === 'committed') {
      for (const { path } of plan.inputs) reader.forget(path);
      reader.remember(add, records);
      return { head: await extendHead(reader, current, result.snapshot), merged: true };
    }
    current = await advanceHead(store, reader, current);
  }
  await durable;
  await store.delete(add.path);
  return { head: current, merged: false };
}
