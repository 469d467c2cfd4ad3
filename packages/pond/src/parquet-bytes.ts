import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine, ParquetOptions, QueryOptions } from '@duckpond/query';

const COPY_BYTES = 256 * 1024;

/**
 * The rows of a script as one Parquet file, piece by piece: it is written whole before the first piece comes, to a file below the spill
 * directory that nothing else has had the name of.
 */
export async function* parquetBytes(
  engine: Engine, sql: string, query: Omit<QueryOptions, 'signal'>, spillDirectory: string, uuid: string,
  { metadata, signal }: Pick<ParquetOptions, 'metadata' | 'signal'>,
): AsyncGenerator<Uint8Array> {
  await mkdir(spillDirectory, { recursive: true });
  const path = join(spillDirectory, `${uuid}.parquet`);
  try {
    await engine.copyToParquet({ sql, query }, path, {
      ...(metadata === undefined ? {} : { metadata }), ...(signal === undefined ? {} : { signal }),
    });
    for await (const chunk of createReadStream(path, { highWaterMark: COPY_BYTES })) yield chunk as Uint8Array;
  } finally {
    await rm(path, { force: true });
  }
}
