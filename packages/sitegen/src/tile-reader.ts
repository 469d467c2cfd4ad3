import { parquetMetadata, parquetRead } from 'hyparquet';
import type { Rows } from './rows.ts';

/** Fetches tiles, each once: names have the hash of their content, so nothing is ever out of date. */
export interface TileReader {
  /** @throws Error when the file cannot be had */
  read(url: string, timeColumn: string, columns: readonly string[]): Promise<Rows>;
}

const PARSERS = {
  timestampFromMilliseconds: (millis: bigint) => Number(millis) / 1e3,
  timestampFromMicroseconds: (micros: bigint) => Number(micros) / 1e6,
  timestampFromNanoseconds: (nanos: bigint) => Number(nanos) / 1e9,
};

export function createTileReader(fetchBytes: (url: string) => Promise<ArrayBuffer>): TileReader {
  const files = new Map<string, Promise<ArrayBuffer>>();
  const bytesOf = (url: string): Promise<ArrayBuffer> => {
    let bytes = files.get(url);
    if (bytes === undefined) {
      bytes = fetchBytes(url);
      files.set(url, bytes);
      bytes.catch(() => files.delete(url));
    }
    return bytes;
  };
  return {
    async read(url, timeColumn, wanted) {
      const file = await bytesOf(url);
      const metadata = parquetMetadata(file);
      const there = new Set(metadata.schema.map(({ name }) => name));
      const names = [timeColumn, ...wanted.filter((name) => there.has(name))];
      const rowCount = Number(metadata.num_rows);
      const values = new Map(names.map((name) => [name, new Array<unknown>(rowCount).fill(null)]));
      await parquetRead({
        file, metadata, columns: names, parsers: PARSERS,
        onChunk: ({ columnName, columnData, rowStart }) => {
          const column = values.get(columnName);
          if (column !== undefined) for (let at = 0; at < columnData.length; at += 1) column[rowStart + at] = columnData[at];
        },
      });
      return {
        times: (values.get(timeColumn) ?? []).map(Number),
        columns: new Map(wanted.map((name) => [name, (values.get(name) ?? new Array<unknown>(rowCount).fill(null)).map(numberOrNull)])),
      };
    },
  };
}

function numberOrNull(value: unknown): number | null {
  if (typeof value === 'number') return Number.isNaN(value) ? null : value;
  return typeof value === 'bigint' ? Number(value) : null;
}
