import { createDeltaReader } from '../delta-table.ts';
import { arrowReader } from './arrow.ts';
import { delimitedReader } from './csv.ts';
import { fileReader } from './file.ts';
import { jsonReader } from './json.ts';
import { parquetReader } from './parquet.ts';
import type { FormatReader } from './reader.ts';

/** Every format of this package that is read from files of the host. */
export const FORMAT_READERS: readonly FormatReader[] = [
  delimitedReader('csv'), delimitedReader('tsv'), jsonReader('json'), jsonReader('ndjson'), parquetReader, arrowReader, fileReader,
  createDeltaReader(),
];
