import { ByteWriter, parquetWrite } from 'hyparquet-writer';
import type { Tile } from './chart-data.ts';
import type { OutputDirectory } from './output-directory.ts';
import { tileAround, type TileUnit } from './tile-span.ts';

/** Rows of numbers on their way into tiles. */
export interface TileWriter {
  /** One more row, not before the last one. */
  add(millis: number, values: readonly (number | null)[]): void;
  finish(): readonly Tile[];
}

/** Columns that a tile may not have: what is always null costs nothing. */
interface OpenTile {
  readonly from: number;
  readonly to: number;
  readonly times: bigint[];
  readonly columns: (number | null)[][];
}

/** Cuts rows at the borders of tiles, and puts each tile into the directory below `data/<directory>`. */
export function createTileWriter(
  output: OutputDirectory, directory: string, unit: TileUnit, timeColumn: string, names: readonly string[],
): TileWriter {
  const tiles: Tile[] = [];
  let open: OpenTile | undefined;
  const close = (): void => {
    if (open === undefined) return;
    const bytes = tileBytes(timeColumn, names, open);
    const start = new Date(open.from).toISOString().slice(0, unit === 'hour' ? 13 : unit === 'day' ? 10 : unit === 'month' || unit === 'quarter' ? 7 : 4);
    const url = output.writeHashed(`data/${directory}/${start}.parquet`, bytes);
    tiles.push({ from: open.from, to: open.to, url, sizeBytes: bytes.byteLength });
    open = undefined;
  };
  return {
    add(millis, values) {
      if (open === undefined || millis >= open.to || millis < open.from) {
        close();
        open = { ...tileAround(millis, unit), times: [], columns: names.map(() => []) };
      }
      open.times.push(BigInt(millis));
      open.columns.forEach((column, at) => column.push(values[at] ?? null));
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
  parquetWrite({
    writer,
    columnData: [
      { name: timeColumn, data: times, encoding: 'DELTA_BINARY_PACKED' },
      // The dictionaries of the writer take 0.0 for -0.0, and cost more than they save.
      ...columns.map((data, at) => ({ name: names[at] ?? '', data, encoding: 'PLAIN' as const })),
    ],
    schema: [
      { name: 'root', num_children: 1 + names.length },
      { name: timeColumn, type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', repetition_type: 'REQUIRED',
        logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' } },
      ...names.map((name) => ({ name, type: 'DOUBLE' as const, repetition_type: 'OPTIONAL' as const })),
    ],
    statistics: false,
    rowGroupSize: 100_000,
  });
  return writer.getBytes();
}
