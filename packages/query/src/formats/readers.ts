import { createDeltaReader } from '../delta-table.ts';
import { arrowReader } from './arrow.ts';
import { delimitedReader } from './csv.ts';
import { excelReader } from './excel.ts';
import { excelHtmlReader } from './excelhtml.ts';
import { fileReader } from './file.ts';
import { jsonReader } from './json.ts';
import { otelJsonReader } from './oteljson.ts';
import { parquetReader } from './parquet.ts';
import type { FormatReader } from './reader.ts';
import { weblogReader } from './weblog.ts';

/** Every format of this package that is read from files of the host. */
export const FORMAT_READERS: readonly FormatReader[] = [
  delimitedReader('csv'), delimitedReader('tsv'), jsonReader('json'), jsonReader('ndjson'), parquetReader, arrowReader, excelReader,
  excelHtmlReader, otelJsonReader, weblogReader, fileReader,
  createDeltaReader(),
];
