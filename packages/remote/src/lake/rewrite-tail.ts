import { type Action, type AddFile, commit, decodeStatistics, removeOf, type Snapshot } from '@duckpond/delta';
import { lakeFileRange } from './lake-file-name.ts';
import { fitSchema } from './lake-schema.ts';
import { commitInfoOf, discardFiles, type LakeTable, type LakeWork, nowMillis, pushedVersion, uploadFiles } from './lake-table.ts';
import type { LakeTarget } from './lake-target.ts';

/** The files of consecutive versions that were pushed at once. */
export interface FileGroup {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
  readonly files: readonly AddFile[];
}

const GROUPS_MIN = 8;
const SMALLEST_BYTES = 32 * 1024;
const GROWTH = 8;

/**
 * The newest groups that are worth being one: so many of about one size that a row is written again only once for each eightfold growth.
 *
 * @param groups in the order of their versions
 */
export function tailToRewrite(groups: readonly FileGroup[], fileBytes: number): readonly FileGroup[] {
  for (let limit = SMALLEST_BYTES; ; limit *= GROWTH) {
    const most = Math.min(limit, fileBytes / 2);
    const behind = groups.findLastIndex(({ bytes }) => bytes >= most) + 1;
    if (groups.length - behind >= GROUPS_MIN) return groups.slice(behind);
    if (limit >= fileBytes / 2) return [];
  }
}

/** The groups up to a version that follow each other without a gap, in order. */
export function tailGroups({ files }: Snapshot, to: number): readonly FileGroup[] {
  const byRange = new Map<string, FileGroup>();
  for (const add of files.values()) {
    const range = lakeFileRange(add.path);
    if (range === undefined) continue;
    const key = `${range.from}-${range.to}`;
    const group = byRange.get(key);
    byRange.set(key, { ...range, bytes: (group?.bytes ?? 0) + add.size, files: [...group?.files ?? [], add] });
  }
  const sorted = [...byRange.values()].sort((a, b) => b.to - a.to);
  const tail: FileGroup[] = [];
  let next = to;
  for (const group of sorted) {
    if (group.to !== next) break;
    tail.unshift(group);
    next = group.from - 1;
  }
  return tail;
}

/**
 * Writes the small files at the end of a series again as larger ones, out of the pond, in a commit that changes no row. It is left out
 * when others took rows away, or are just committing: the next push looks again.
 *
 * @returns how many files went
 */
export async function rewriteTail(work: LakeWork, target: LakeTarget, table: LakeTable): Promise<number> {
  const { snapshot, store } = table;
  const newest = pushedVersion(table);
  if (snapshot === undefined || newest !== target.version) return 0;
  const tail = tailToRewrite(tailGroups(snapshot, newest), work.fileBytes);
  const [first] = tail;
  if (first === undefined) return 0;
  const old = tail.flatMap(({ files }) => files);
  const held = await work.pond.deltaFiles('SELECT * FROM source', {
    tables: { source: target.path }, at: work.at, fileBytes: work.fileBytes, after: first.from - 1,
    ...(work.signal === undefined ? {} : { signal: work.signal }),
  });
  try {
    const rows = held.files.reduce((sum, { rowCount }) => sum + rowCount, 0);
    const before = old.reduce((sum, { stats }) => sum + (decodeStatistics(snapshot.schema, stats)?.numRecords ?? Number.NaN), 0);
    if (rows !== before || fitSchema(snapshot.schema, held.schema).kind !== 'same') return 0;
    const range = { from: first.from, to: newest };
    const adds = await uploadFiles(work, target, held, held.schema, { range, dataChange: false });
    const now = nowMillis(work.environment);
    const result = await commit(store, snapshot, [
      commitInfoOf(work, 'OPTIMIZE', undefined, false),
      ...old.map((add): Action => ({ kind: 'remove', remove: removeOf(add, now, false) })),
      ...adds.map((add): Action => ({ kind: 'add', add })),
    ]);
    if (result.kind === 'committed') return old.length;
    await discardFiles(table, adds);
    return 0;
  } finally {
    await held.release();
  }
}
