import { createHash } from 'node:crypto';
import type { At, Origin, Pond } from '@duckpond/pond';
import { quoteIdentifier } from '@duckpond/query';
import { matchGlob, parseGlob } from '@duckpond/tinyfs';
import { SiteError } from './errors.ts';
import type { ExportItem, ItemSource } from './export-items.ts';
import type { FileState, LastValue, SourceFacts } from './item-facts.ts';
import type { OutputDirectory } from './output-directory.ts';
import type { SiteExport } from './site-config.ts';
import { tileAround, tileUnit } from './tile-span.ts';
import { createTileWriter } from './tile-writer.ts';

/** Changes whenever tiles are made otherwise. */
const FORMAT = 2;

/** What the tiles of a build have in common. */
export interface TileBuild {
  readonly pond: Pick<Pond, 'sql'>;
  readonly at: At;
  readonly output: OutputDirectory;
  readonly signal: AbortSignal;
  /** The first new row of files that have grown, by what it was asked of: several resolutions ask the same. */
  readonly changes: Map<string, Promise<number>>;
}

/** One resolution of an item, and what its rows are made of. */
export interface SourceOfTiles {
  readonly item: ExportItem;
  readonly source: ItemSource;
  readonly options: SiteExport;
  readonly origin: Origin;
}

type Written = Pick<SourceFacts, 'tiles' | 'extent' | 'last'>;

type Shape = Pick<SourceFacts, 'timeColumn' | 'isZoned' | 'columns'>;

/**
 * Writes the tiles of one resolution. What the last build wrote stays as it is before the first row that may have changed, and all of it
 * when none has.
 *
 * @throws SiteError `missing` without a column of time
 */
export async function writeTiles(build: TileBuild, what: SourceOfTiles, before: SourceFacts | undefined): Promise<SourceFacts> {
  const { item, source, options, origin } = what;
  const { output } = build;
  const isCoarsest = source === item.sources.at(-1) && item.sources.length > 1;
  const all = [FORMAT, item.directory, isCoarsest, options.target_points, options.timestamp_column, options.columns, origin.computations,
    origin.files.map(({ node: { tabular } }) => [tabular?.timeColumn, tabular?.columns.map(({ name, type }) => [name, type])])];
  const key = createHash('sha256').update(JSON.stringify(all)).digest('hex');
  const files = origin.files.map(({ path, node: { id, version } }): FileState => ({ path, id, version }));
  const known = before?.key === key && origin.dependence !== 'unknown' ? before : undefined;
  if (known !== undefined && JSON.stringify(known.files) === JSON.stringify(files)) {
    if (known.tiles.map(({ url, sizeBytes }) => output.keep(url, sizeBytes)).every(Boolean)) return known;
  } else if (known !== undefined) {
    const grown = await grownTiles(build, what, known, unitOf(known.stepMillis, isCoarsest, options));
    if (grown !== undefined) return { ...known, files, ...grown };
  }
  const shape = await shapeOf(build, what);
  const stepMillis = source.stepMillis ?? await measuredStep(build, what, shape);
  const made = await written(build, what, shape, stepMillis, unitOf(stepMillis, isCoarsest, options), undefined);
  return { key, files, ...shape, label: source.label, stepMillis, ...made };
}

/** The tiles of rows that were added to; undefined when all has to be read. */
async function grownTiles(
  build: TileBuild, what: SourceOfTiles, known: SourceFacts, unit: ReturnType<typeof tileUnit>,
): Promise<Written | undefined> {
  const changed = await firstChange(build, what, known);
  if (changed === undefined) return undefined;
  const from = changed === Number.POSITIVE_INFINITY ? changed : tileAround(changed, unit).from;
  const kept = known.tiles.filter(({ to }) => to <= from);
  if (!kept.every(({ url, sizeBytes }) => build.output.keep(url, sizeBytes))) return undefined;
  if (from === Number.POSITIVE_INFINITY) return { tiles: known.tiles, extent: known.extent, last: known.last };
  const part = await written(build, what, known, known.stepMillis, unit, from);
  const last = part.last.map((value, at) => value ?? known.last[at] ?? null);
  // What was the newest value and is gone leaves one before it that nobody knows here.
  if (last.some((value, at) => part.last[at] == null && value !== null && value.millis >= from)) return undefined;
  const first = known.extent !== null && known.extent.from < from ? known.extent : part.extent;
  if (first === null || part.extent === null) return undefined;
  return { tiles: [...kept, ...part.tiles], extent: { from: first.from, to: part.extent.to }, last };
}

/** The coarsest resolution is one file, whatever it holds, so that a view of everything reads few. */
function unitOf(stepMillis: number, isCoarsest: boolean, { target_points }: SiteExport): ReturnType<typeof tileUnit> {
  return isCoarsest ? 'century' : tileUnit(stepMillis, target_points);
}

const NUMBERS = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL)/;

async function shapeOf({ pond, at, signal }: TileBuild, { source: { path }, options }: SourceOfTiles): Promise<Shape> {
  const result = await pond.sql('SELECT * FROM source LIMIT 0', { tables: { source: path }, at, signal });
  const { columns } = result;
  await result.close();
  const wanted = options.timestamp_column;
  const time = columns.find(({ name, type }) => (wanted === undefined ? /^(TIMESTAMP|DATE)/.test(type) : name === wanted));
  if (time === undefined) {
    const names = columns.map(({ name }) => JSON.stringify(name)).join(', ');
    throw new SiteError('missing', `Cannot export ${JSON.stringify(path)}: it has no column of time among ${names}, one was wanted; `
      + 'timestamp_column names it', { path });
  }
  const patterns = options.columns?.map((pattern) => parseGlob(`/${pattern.replaceAll('/', '\u2215')}`));
  const isWanted = (name: string): boolean =>
    patterns === undefined || patterns.some((glob) => matchGlob(glob, `/${name.replaceAll('/', '\u2215')}`) !== undefined);
  return {
    timeColumn: time.name,
    isZoned: time.type === 'TIMESTAMP WITH TIME ZONE',
    columns: columns.filter(({ name, type }) => name !== time.name && NUMBERS.test(type) && isWanted(name)).map(({ name }) => name),
  };
}

/** The time of a row in milliseconds since 1970 UTC, as SQL. */
function millisSql({ timeColumn, isZoned }: Pick<Shape, 'timeColumn' | 'isZoned'>): string {
  const column = quoteIdentifier(timeColumn);
  return `CAST(epoch_ms(${isZoned ? `timezone('UTC', ${column})` : `CAST(${column} AS TIMESTAMP)`}) AS DOUBLE)`;
}

/** Where rows may begin to be others than they were; undefined when that cannot be told. */
async function firstChange(
  build: TileBuild, { source, origin }: SourceOfTiles, known: SourceFacts,
): Promise<number | undefined> {
  const { changes } = build;
  // Of other computed rows it is not known that their time is the one by which they depend on what they are made of.
  const isStored = origin.computations.length === 0 && origin.dependence === 'same-time';
  if (!isStored && !(origin.dependence === 'same-bucket' && source.isRollup)) return undefined;
  const states = new Map(known.files.map((file) => [file.id, file]));
  if (states.size !== origin.files.length) return undefined;
  let first = Number.POSITIVE_INFINITY;
  for (const { path, node } of origin.files) {
    const state = states.get(node.id);
    if (state === undefined || state.path !== path || node.version < state.version) return undefined;
    if (node.version === state.version) continue;
    const time = node.tabular?.timeColumn;
    const type = node.tabular?.columns.find(({ name }) => name === time)?.type ?? '';
    if (node.kind !== 'series' || time === undefined || !/^TIMESTAMP/.test(type)) return undefined;
    if (isStored && time !== known.timeColumn) return undefined;
    const changeKey = `${node.id} ${state.version}`;
    let least = changes.get(changeKey);
    if (least === undefined) {
      least = firstNewRow(build, path, millisSql({ timeColumn: time, isZoned: /ZONE/.test(type) }), state.version);
      changes.set(changeKey, least);
    }
    first = Math.min(first, await least);
  }
  // A step begins before its rows: months are up to a ninth longer than the shortest, days by an hour.
  return source.isRollup ? first - 1.25 * known.stepMillis : first;
}

/** The least time of the rows behind a version of a stored series; infinite when there is none. */
async function firstNewRow({ pond, at, signal }: TileBuild, path: string, millis: string, after: number): Promise<number> {
  const sql = `SELECT min(${millis}) FROM source`;
  let first = Number.POSITIVE_INFINITY;
  for await (const [least] of (await pond.sql(sql, { tables: { source: path }, after, at, signal })).rows()) {
    if (typeof least === 'number') first = least;
  }
  return first;
}

/** Writes the tiles from `from` on, which is a border of tiles. */
async function written(
  { pond, at, signal, output }: TileBuild, { item, source }: SourceOfTiles, { timeColumn, isZoned, columns }: Shape,
  stepMillis: number, unit: ReturnType<typeof tileUnit>, from: number | undefined,
): Promise<Written> {
  const directory = [item.directory, ...(source.label === '' ? [] : [source.label.replaceAll(' ', '')])].join('/');
  const writer = createTileWriter(output, directory, unit, timeColumn, columns);
  const numbers = columns.map((name) => `CAST(${quoteIdentifier(name)} AS DOUBLE)`)
    .map((sql) => `, CASE WHEN isfinite(${sql}) THEN ${sql} END`);
  const time = quoteIdentifier(timeColumn);
  const border = from === undefined ? undefined : isZoned ? `to_timestamp(${from / 1000})` : `make_timestamp(${from}000)`;
  const within = border === undefined ? `${time} IS NOT NULL` : `${time} >= ${border}`;
  const sql = `SELECT ${millisSql({ timeColumn, isZoned })} AS t${numbers.join('')} FROM source WHERE ${within} ORDER BY t`;
  const result = await pond.sql(sql, { tables: { source: source.path }, at, signal });
  const last: LastValue[] = columns.map(() => null);
  const extent: { first?: number | undefined; last?: number | undefined } = {};
  for await (const chunk of result.chunks()) {
    const column = (index: number): readonly (number | null)[] => {
      const vector = chunk.getColumnVector(index);
      return Array.from({ length: chunk.rowCount }, (_, row) => vector.getItem(row) as number | null);
    };
    const times = column(0).map(Number);
    const values = columns.map((_, index) => column(index + 1));
    writer.add(times, values);
    values.forEach((own, index) => {
      const row = own.findLastIndex((value) => value !== null);
      const value = own[row];
      if (value != null) last[index] = { millis: times[row] ?? 0, value };
    });
    extent.first ??= times[0];
    extent.last = times.at(-1) ?? extent.last;
  }
  const { first, last: newest } = extent;
  return {
    tiles: writer.finish(),
    extent: first === undefined || newest === undefined ? null : { from: first, to: newest + stepMillis },
    last,
  };
}

/** The step between rows that have no resolution of their own: the median distance. */
async function measuredStep({ pond, at, signal }: TileBuild, { source }: SourceOfTiles, shape: Shape): Promise<number> {
  const steps = `SELECT t - lag(t) OVER (ORDER BY t) AS d FROM (SELECT ${millisSql(shape)} AS t FROM source)`;
  const sql = `SELECT median(d) FROM (${steps}) WHERE d > 0`;
  let step = 0;
  for await (const [median] of (await pond.sql(sql, { tables: { source: source.path }, at, signal })).rows()) step = Number(median ?? 0);
  return step > 0 ? step : 3_600_000;
}
