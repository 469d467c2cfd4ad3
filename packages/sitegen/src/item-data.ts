import type { Pond, At } from '@duckpond/pond';
import { quoteIdentifier } from '@duckpond/query';
import { parseGlob, matchGlob } from '@duckpond/tinyfs';
import type { Resolution, Span } from './chart-data.ts';
import { SiteError } from './errors.ts';
import type { ExportItem, ItemSource } from './export-items.ts';
import type { OutputDirectory } from './output-directory.ts';
import type { SiteExport } from './site-config.ts';
import { createTileWriter } from './tile-writer.ts';
import { tileUnit } from './tile-span.ts';

/** What a build knows of an item when its tiles are written. */
export interface ItemData {
  readonly item: ExportItem;
  readonly timeColumn: string;
  /** The columns of numbers, in the order of the source. */
  readonly columns: readonly string[];
  readonly resolutions: readonly Resolution[];
  /** Undefined when there are no rows. */
  readonly extent: Span | undefined;
  /** The newest rows of each resolution, as many as a view shows. */
  readonly newest: readonly NewestRows[];
}

export interface NewestRows {
  readonly stepMillis: number;
  readonly times: readonly number[];
  /** By column, beside `times`. */
  readonly values: ReadonlyMap<string, readonly (number | null)[]>;
}

const NUMBERS = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL)/;

/** Writes the tiles of an item, every resolution, and keeps what pages show of it. */
export async function writeItem(
  pond: Pond, at: At, item: ExportItem, options: SiteExport, output: OutputDirectory, signal: AbortSignal,
): Promise<ItemData> {
  const resolutions: Resolution[] = [];
  const newest: NewestRows[] = [];
  let shape: { readonly timeColumn: string; readonly columns: readonly string[] } | undefined;
  let extent: Span | undefined;
  for (const source of item.sources) {
    signal.throwIfAborted();
    const own = await shapeOf(pond, at, source, options, signal);
    shape ??= own;
    const written = await writeSource(pond, at, item, source, own, options.target_points, output, signal);
    if (written === undefined) continue;
    resolutions.push(written.resolution);
    newest.push(written.newest);
    // The last step of a coarser resolution ends where there is no data yet.
    extent ??= written.extent;
  }
  if (shape === undefined) throw new SiteError('missing', `Cannot export ${JSON.stringify(item.path)}: it has no rows`, { path: item.path });
  return { item, ...shape, resolutions, extent, newest };
}

interface Shape {
  readonly timeColumn: string;
  readonly columns: readonly string[];
}

async function shapeOf(pond: Pond, at: At, { path }: ItemSource, options: SiteExport, signal: AbortSignal): Promise<Shape> {
  const result = await pond.sql('SELECT * FROM source LIMIT 0', { tables: { source: path }, at, signal });
  const { columns } = result;
  await result.close();
  const wanted = options.timestamp_column;
  const time = columns.find(({ name, type }) => (wanted === undefined ? /^(TIMESTAMP|DATE)/.test(type) : name === wanted));
  if (time === undefined) {
    const names = columns.map(({ name }) => JSON.stringify(name)).join(', ');
    throw new SiteError('missing', `Cannot export ${JSON.stringify(path)}: it has no column of time among ${names}, one was wanted; timestamp_column names it`, {
      path,
    });
  }
  const patterns = options.columns?.map((pattern) => parseGlob(`/${pattern.replaceAll('/', '\u2215')}`));
  const isWanted = (name: string): boolean =>
    patterns === undefined || patterns.some((glob) => matchGlob(glob, `/${name.replaceAll('/', '\u2215')}`) !== undefined);
  return {
    timeColumn: time.name,
    columns: columns.filter(({ name, type }) => name !== time.name && NUMBERS.test(type) && isWanted(name)).map(({ name }) => name),
  };
}

interface WrittenSource {
  readonly resolution: Resolution;
  readonly newest: NewestRows;
  readonly extent: Span;
}

async function writeSource(
  pond: Pond, at: At, item: ExportItem, source: ItemSource, { timeColumn, columns }: Shape, targetPoints: number, output: OutputDirectory,
  signal: AbortSignal,
): Promise<WrittenSource | undefined> {
  const time = `CAST(epoch_ms(CAST(${quoteIdentifier(timeColumn)} AS TIMESTAMP)) AS DOUBLE)`;
  const options = { tables: { source: source.path }, at, signal };
  const stepMillis = source.stepMillis ?? await measuredStep(pond, time, options);
  const isCoarsest = source === item.sources.at(-1);
  const unit = isCoarsest && item.sources.length > 1 ? 'century' : tileUnit(stepMillis, targetPoints);
  const directory = [item.directory, ...(source.label === '' ? [] : [source.label.replaceAll(' ', '')])].join('/');
  const writer = createTileWriter(output, directory, unit, timeColumn, columns);
  const recent = createRecentRows(targetPoints, columns);
  const numbers = columns.map((name) => `CAST(${quoteIdentifier(name)} AS DOUBLE)`).map((sql) => `, CASE WHEN isfinite(${sql}) THEN ${sql} END`).join('');
  const result = await pond.sql(`SELECT ${time} AS t${numbers} FROM source WHERE ${quoteIdentifier(timeColumn)} IS NOT NULL ORDER BY t`, options);
  let first: number | undefined;
  let last = 0;
  for await (const chunk of result.chunks()) {
    const vectors = [0, ...columns.map((_, index) => index + 1)].map((index) => chunk.getColumnVector(index));
    for (let row = 0; row < chunk.rowCount; row += 1) {
      const millis = Number(vectors[0]?.getItem(row));
      const values = vectors.slice(1).map((vector) => vector.getItem(row) as number | null);
      writer.add(millis, values);
      recent.add(millis, values);
      first ??= millis;
      last = millis;
    }
  }
  const tiles = writer.finish();
  if (first === undefined) return undefined;
  return { resolution: { label: source.label, stepMillis, tiles }, newest: { stepMillis, ...recent.rows() }, extent: { from: first, to: last + stepMillis } };
}

/** The step between rows that have no resolution of their own: the median distance. */
async function measuredStep(pond: Pond, time: string, options: NonNullable<Parameters<Pond['sql']>[1]>): Promise<number> {
  const sql = `SELECT median(d) FROM (SELECT t - lag(t) OVER (ORDER BY t) AS d FROM (SELECT ${time} AS t FROM source)) WHERE d > 0`;
  let step = 0;
  for await (const [median] of (await pond.sql(sql, options)).rows()) step = Number(median ?? 0);
  return step > 0 ? step : 3_600_000;
}

/** The last rows that were added, at most `limit` of them, in constant memory. */
function createRecentRows(limit: number, names: readonly string[]): {
  add(millis: number, values: readonly (number | null)[]): void;
  rows(): Pick<NewestRows, 'times' | 'values'>;
} {
  const ring: (readonly [number, readonly (number | null)[]])[] = [];
  let next = 0;
  return {
    add(millis, values) {
      ring[next] = [millis, values];
      next = (next + 1) % limit;
    },
    rows() {
      const ordered = ring.length < limit ? ring : [...ring.slice(next), ...ring.slice(0, next)];
      return {
        times: ordered.map(([millis]) => millis),
        values: new Map(names.map((name, at) => [name, ordered.map(([, values]) => values[at] ?? null)])),
      };
    },
  };
}
