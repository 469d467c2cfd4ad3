import { type FORMATS, printFormatUrl } from '@duckpond/query';

/** A query of a Derive document in the words of a factory; `problem` says why it is none. */
export type DeriveQuery = { readonly source: string; readonly query: string } | { readonly problem: string };

/** The functions of DuckDB that read the file of `$1`, and the format that each reads. */
const READERS: Readonly<Record<string, (typeof FORMATS)[number]>> = {
  read_csv: 'csv', read_csv_auto: 'csv', read_parquet: 'parquet', parquet_scan: 'parquet', read_json: 'json', read_json_auto: 'json',
  read_ndjson: 'ndjson', read_ndjson_auto: 'ndjson',
};
interface Reading {
  readonly format: (typeof FORMATS)[number] | undefined;
  readonly options: Readonly<Record<string, string>>;
}

const CALL = new RegExp(`\\b(${Object.keys(READERS).join('|')})\\s*\\(\\s*'\\$1'\\s*(,(?:[^()']|'(?:[^']|'')*')*)?\\)`, 'gi');
const OPTION = /^\s*([A-Za-z_]\w*)\s*:?=\s*(?:'((?:[^']|'')*)'|([\w.+-]+))\s*$/;

/**
 * In these documents `$1` is the path of a file, put into the text of a query: `read_csv('$1')`, `'$1'`. Here a query reads a relation,
 * `source`: the reading, its options too, moves from the query into the URL of the source.
 */
export function readDeriveQuery(query: string, pattern: string): DeriveQuery {
  const readings = new Map<string, Reading>();
  let problem: string | undefined;
  const called = query.replace(CALL, (_, name: string, rest: string | undefined) => {
    const options: Record<string, string> = {};
    for (const part of optionsIn(rest ?? '')) {
      const [, key, quoted, bare] = OPTION.exec(part) ?? [];
      if (key === undefined) problem ??= `has the option ${JSON.stringify(part.trim())}, name = 'text' or a number was wanted`;
      else options[key.toLowerCase()] = quoted?.replaceAll("''", "'") ?? bare ?? '';
    }
    const reading = { format: READERS[name.toLowerCase()], options };
    readings.set(JSON.stringify(reading), reading);
    return 'source';
  });
  const read = called.replace(/'\$1'|"\$1"/g, () => {
    readings.set('', { format: undefined, options: {} });
    return 'source';
  });
  if (/\$1(?!\d)/.test(read)) problem ??= `has $1 where no file is read, '$1' in FROM or read_csv('$1') was wanted`;
  if (readings.size > 1) problem ??= 'reads its file in two ways, the same options each time were wanted';
  const [reading] = readings.values();
  if (reading === undefined) problem ??= "does not read $1, '$1' in FROM or read_csv('$1') was wanted";
  if (problem !== undefined || reading === undefined) return { problem: problem ?? '' };
  const { format, options } = reading;
  return { query: read, source: format === undefined ? pattern : printFormatUrl({ host: false, format, path: pattern, options }) };
}

/** What stands between commas that are in no quotes. */
function optionsIn(text: string): readonly string[] {
  return [...text.matchAll(/,((?:[^,']|'(?:[^']|'')*')*)/g)].map(([, part = '']) => part);
}
