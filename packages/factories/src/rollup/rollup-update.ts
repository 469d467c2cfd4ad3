import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FactoryContext, Tables } from '@duckpond/pond';
import { expired, type Manifest, newName, removeFiles, type SourceState, syncFile, writeManifest } from './manifest.ts';
import {
  type FileTables, fileTables, type LevelUpdate, type RollupPlan, rowsSql, segmentsSql, timeRangeOf, updateSql,
} from './rollup-sql.ts';
import { inputRows } from './rollup-source.ts';
import { EVERYTHING, type Range, rangesToWrite, type Segment, segmentsIn, spliced, unitedRanges, without } from './segments.ts';

/** What an update works with. */
export interface UpdateContext {
  readonly pond: Pick<FactoryContext, 'rows' | 'query' | 'root' | 'origin' | 'writeParquet' | 'environment' | 'signal'>;
  readonly plan: RollupPlan;
  /** Where partials and their manifest are. */
  readonly directory: string;
}

/** How many rows there may be, and from when to when: for how much to do at a time, nothing else. */
export interface Extent extends Range {
  readonly rows: number;
}

type Levels = Manifest['levels'];

/** Computes the buckets that rows of some ranges are in, at all levels, and what was known of the others stays. */
export async function update(
  context: UpdateContext, before: Manifest | undefined, sources: readonly SourceState[], changed: readonly Range[], extent?: Extent,
): Promise<Manifest> {
  const { directory, pond, plan } = context;
  await mkdir(directory, { recursive: true });
  const empty: Levels = plan.levels.map(() => []);
  let levels = before?.levels ?? empty;
  const isWhole = changed.some(({ from, to }) => from === EVERYTHING.from && to === EVERYTHING.to);
  if (isWhole) {
    levels = empty;
    for (const range of piecesOf(plan, extent)) levels = await written(context, levels, [range], true);
  } else if (changed.length > 0) levels = await written(context, levels, changed, false);
  const nowMillis = Number(pond.environment.nowMicros() / 1000n);
  const named = new Set(levels.flat().map(({ file }) => file));
  const gone = [...new Set((before?.levels ?? []).flat().map(({ file }) => file))].filter((file) => !named.has(file));
  const superseded = [...before?.superseded ?? [], ...gone.map((file) => ({ file, atMillis: nowMillis }))];
  const old = expired(superseded, nowMillis);
  const manifest: Manifest = { sources, levels, superseded: superseded.filter((one) => !old.includes(one)) };
  await writeManifest(directory, manifest);
  await removeFiles(directory, manifest, old.map(({ file }) => file), nowMillis);
  return manifest;
}

/** One file with what the levels need. */
async function written(
  { directory, pond, plan }: UpdateContext, levels: Levels, changed: readonly Range[], isFirst: boolean,
): Promise<Levels> {
  pond.signal?.throwIfAborted();
  const ranges = plan.levels.map(({ buckets }) => unitedRanges(changed.map(({ from, to }) => ({
    from: from === EVERYTHING.from ? from : buckets.start(from), to: to === EVERYTHING.to ? to : buckets.end(to - 1n),
  }))));
  const writes = ranges.map((own, at) => (isFirst ? own : rangesToWrite(levels[at] ?? [], own)));
  const copied = writes.map((own, at) => segmentsIn(levels[at] ?? [], without(own, ranges[at] ?? [])));
  const finer = plan.levels.map(({ parent }, at) => (
    parent === undefined ? [] : segmentsIn(levels[parent] ?? [], without(ranges[at] ?? [], ranges[parent] ?? []))));
  const files = fileTables([...copied.flat(), ...finer.flat()], (file) => join(directory, file));
  const rows = unitedRanges(plan.levels.flatMap(({ parent }, at) => (parent === undefined ? ranges[at] ?? [] : [])));
  const tables = { ...await rowTables(pond, plan, rows), ...files.tables };
  const known = await zoneRange(pond, plan, tables, rows);
  const updates = plan.levels.map((_, at) => levelUpdate(plan, at, { ranges, copied, finer, known, files }));
  const file = `${await newName(directory)}.parquet`;
  const { rowCount } = await pond.writeParquet(updateSql(plan, updates), tables, join(directory, file));
  await syncFile(join(directory, file));
  return levels.map((segments, at) => spliced(segments, writes[at] ?? [], file, rowCount));
}

interface Shares {
  readonly ranges: readonly (readonly Range[])[];
  readonly copied: readonly (readonly Segment[])[];
  readonly finer: readonly (readonly Segment[])[];
  readonly known: Range;
  readonly files: FileTables;
}

function levelUpdate(plan: RollupPlan, at: number, { ranges, copied, finer, known, files }: Shares): LevelUpdate {
  const parent = plan.levels[at]?.parent;
  return {
    range: hull(ranges[at] ?? [], known),
    source: parent === undefined ? `(${rowsSql(plan, ranges[at] ?? [])})` : segmentsSql(plan, parent, finer[at] ?? [], files),
    copied: segmentsSql(plan, at, copied[at] ?? [], files),
  };
}

/** The rows of the inputs as tables, none that need not be read. */
export async function rowTables(pond: UpdateContext['pond'], { inputs }: RollupPlan, ranges: readonly Range[]): Promise<Tables> {
  const [first, last] = [ranges[0]?.from ?? EVERYTHING.from, ranges.at(-1)?.to ?? EVERYTHING.to];
  const bounds = {
    ...(first === EVERYTHING.from ? {} : { timeStartMicros: first }), ...(last === EVERYTHING.to ? {} : { timeEndMicros: last }),
  };
  return Object.fromEntries(await Promise.all(inputs.map(async (input, at) => [`r${at}`, await inputRows(pond, input, bounds)] as const)));
}

/** A range that holds all rows, for the changes of the clocks in it: UTC has none. */
export async function zoneRange(
  pond: UpdateContext['pond'], plan: RollupPlan, tables: Tables, ranges: readonly Range[],
): Promise<Range> {
  const [from, to] = [ranges[0]?.from ?? 0n, ranges.at(-1)?.to ?? 0n];
  const isKnown = plan.config.time_zone === 'UTC' || (from !== EVERYTHING.from && to !== EVERYTHING.to);
  return isKnown ? { from: 0n, to: 0n } : await timeRangeOf(pond, plan, tables) ?? { from: 0n, to: 0n };
}

function hull(ranges: readonly Range[], known: Range): Range {
  const [from, to] = [ranges[0]?.from ?? known.from, ranges.at(-1)?.to ?? known.to];
  return { from: from === EVERYTHING.from ? known.from : from, to: to === EVERYTHING.to ? known.to : to };
}

const PIECE_BYTES = 128 * 1024 * 1024;

/** Everything, in pieces whose buckets fit in memory. */
function piecesOf({ levels, columns }: RollupPlan, extent: Extent | undefined): readonly Range[] {
  const [finest] = levels;
  if (extent === undefined || finest === undefined || extent.from >= extent.to) return [EVERYTHING];
  const { duration } = finest.buckets;
  const length = duration.kind === 'fixed' ? duration.micros : BigInt(duration.months) * 2_629_746_000_000n;
  const buckets = Math.min(extent.rows, Number((extent.to - extent.from) / length));
  const pieces = Math.ceil((buckets * (64 + columns.partials.length * 24)) / PIECE_BYTES);
  if (pieces < 2) return [EVERYTHING];
  const step = (extent.to - extent.from) / BigInt(pieces) + 1n;
  const edges = Array.from({ length: pieces - 1 }, (_, at) => finest.buckets.start(extent.from + step * BigInt(at + 1)));
  return [EVERYTHING.from, ...edges].map((from, at) => ({ from, to: edges[at] ?? EVERYTHING.to })).filter(({ from, to }) => from < to);
}
