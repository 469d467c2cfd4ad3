import { ByteWriter, parquetWrite } from 'hyparquet-writer';
import type { Tile } from './chart-data.ts';
import type { OutputDirectory } from './output-directory.ts';
import { tileAround, type TileUnit } from './tile-span.ts';

/** Rows of numbers on their way into tiles. */
export interface TileWriter {
  /** More rows by column, none before the last one of those before: times in milliseconds since 1970 UTC. */
  add(times: readonly number[], columns: readonly (readonly (number | null)[])[]): void;
  finish(): readonly Tile[];
}

interface OpenTile {
  readonly from: number;
  readonly to: number;
  readonly times: number[];
  readonly columns: (number | null)[][];
}

/** How much of the time of its beginning the name of a tile has. */
const NAME_LENGTHS: Readonly<Record<TileUnit, number>> = { hour: 13, day: 10, month: 7, quarter: 7, year: 4, decade: 4, century: 4 };

/** Cuts rows at the borders of tiles, and puts each tile into the directory below `data/<directory>`. */
export function createTileWriter(
  output: OutputDirectory, directory: string, unit: TileUnit, timeColumn: string, names: readonly string[],
): TileWriter {
  const tiles: Tile[] = [];
  let open: OpenTile | undefined;
  const close = (): void => {
    if (open === undefined) return;
    const bytes = tileBytes(timeColumn, names, open);
    const start = new Date(open.from).toISOString().slice(0, NAME_LENGTHS[unit]);
    const url = output.writeHashed(`data/${directory}/${start}.parquet`, bytes);
    tiles.push({ from: open.from, to: open.to, url, sizeBytes: bytes.byteLength });
    open = undefined;
  };
  return {
    add(times, columns) {
      for (let row = 0; row < times.length;) {
        const millis = times[row] ?? 0;
        if (open === undefined || millis >= open.to || millis < open.from) {
          close();
          open = { ...tileAround(millis, unit), times: [], columns: names.map(() => []) };
        }
        const own: OpenTile = open;
        const first = row;
        while (row < times.length && (times[row] ?? 0) < own.to) own.times.push(times[row++] ?? 0);
        own.columns.forEach((column, at) => {
          const values = columns[at] ?? [];
          for (let from = first; from < row; from += 1) column.push(values[from] ?? null);
        });
      }
    },
    finish() {
      close();
      return tiles;
    },
  };
}

/** One Parquet file: times as TIMESTAMP_MILLIS in UTC, numbers as DOUBLE, Snappy. */
function tileBytes(timeColumn: string, names: readonly string[], { times, columns }: OpenTile): Uint8Array {
  const writer = new ByteWriter();
  // A column without gaps needs no levels, and is copied as it is.
  const whole = columns.map((values) => !values.includes(null));
  // To a writer in memory it writes before it returns.
  void parquetWrite({
    writer,
    columnData: [
      { name: timeColumn, data: BigInt64Array.from(times, BigInt), encoding: 'DELTA_BINARY_PACKED' },
      // The dictionaries of the writer take 0.0 for -0.0, and cost more than they save.
      ...columns.map((values, at) => ({
        name: names[at] ?? '', data: whole[at] === true ? Float64Array.from(values, Number) : values, encoding: 'PLAIN' as const,
      })),
    ],
    schema: [
      { name: 'root', num_children: 1 + names.length },
      { name: timeColumn, type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', repetition_type: 'REQUIRED',
        logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' } },
      ...names.map((name, at) => (
        { name, type: 'DOUBLE' as const, repetition_type: whole[at] === true ? 'REQUIRED' as const : 'OPTIONAL' as const })),
    ],
    statistics: false,
    rowGroupSize: 100_000,
  });
  return writer.getBytes();
}
