import type { Compression, Format } from './format-url.ts';

const COMPRESSION_OF: Readonly<Record<string, Compression>> = { gz: 'gzip', zst: 'zstd', bz2: 'bzip2' };

const FORMAT_OF: Readonly<Record<string, Format>> = {
  csv: 'csv',
  tsv: 'tsv',
  tab: 'tsv',
  json: 'json',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  parquet: 'parquet',
  arrow: 'arrow',
  arrows: 'arrow',
  feather: 'arrow',
  ipc: 'arrow',
  xlsx: 'excel',
  otlp: 'oteljson',
};

/** What the name of a file says about its content. Only extensions that mean rows and nothing else are known: `txt` and `log` are not. */
export interface NamedFormat {
  readonly format?: Format;
  readonly compression?: Compression;
}

/** `a.csv.gz` is csv under gzip, `a.gz` gzip of something. Case does not matter; a name that starts with its only dot has no extension. */
export function formatOfName(path: string): NamedFormat {
  const words = path.slice(path.lastIndexOf('/') + 1).replace(/^\.+/, '').toLowerCase().split('.').slice(1);
  const compression = COMPRESSION_OF[words.at(-1) ?? ''];
  if (compression !== undefined) words.pop();
  const format = FORMAT_OF[words.at(-1) ?? ''];
  return { ...(format === undefined ? {} : { format }), ...(compression === undefined ? {} : { compression }) };
}

/** The extensions that mean rows, for messages. */
export const TABULAR_EXTENSIONS: readonly string[] = Object.keys(FORMAT_OF);
