import { rmSync } from 'node:fs';
import type { FilePart, QueryError, TabularColumn, TabularContent } from '@duckpond/query';
import { type Batch, recordsOfFile } from './append-batch.ts';
import { findBadJson, findBadValues, findRejectedCsv, reasonIn, type Rejected, textOf, writeWithout } from './append-bad-rows.ts';
import { delimiterOf, fieldsOf } from './append-records.ts';
import type { RowImporter } from './import-rows.ts';
import { PondError } from './errors.ts';

export type AppendFormat = 'ndjson' | 'csv' | 'tsv' | 'arrow';

/** What an append knows of the series that its rows go to. */
export interface SeriesFacts {
  /** Undefined while there is none. */
  readonly columns: readonly TabularColumn[] | undefined;
  readonly timeColumn: string | undefined;
}

export interface ReadRows {
  /** Undefined when none of the rows can be stored. */
  readonly content: TabularContent | undefined;
  /** By the lines of the batch's file. */
  readonly rejected: readonly Rejected[];
}

export interface BatchReader {
  /** @throws QueryError, PondError when the rows cannot be read and it cannot be said which of them are at fault */
  read(batch: Batch, series: SeriesFacts, header: string | undefined, signal: AbortSignal | undefined): Promise<ReadRows>;
}

/** So many rows that DuckDB names one by one are taken out before the batch is given up. */
const MOST_NAMED = 20;
const LONG_LINE = 1_900_000;
const LONG_OBJECT = 15_000_000;
/** The types of a batch are guessed from so many rows; when others do not fit, all are looked at. */
const SAMPLE_ROWS = '4096';
const PLAIN_TYPE = /^[A-Z_ ]+(\(\d+,\d+\))?$/;

type NamedType = Pick<TabularColumn, 'name' | 'type'>;

type Attempt =
  | { readonly kind: 'read'; readonly content: TabularContent }
  | { readonly kind: 'contradiction'; readonly columns: readonly TabularColumn[] }
  | { readonly kind: 'unreadable'; readonly error: QueryError };

/** Reads batches as rows that fit a series; rows that do not are found and left out. */
export function createBatchReader(importer: RowImporter, format: AppendFormat): BatchReader {
  const isCsv = format === 'csv' || format === 'tsv';
  /** Columns whose values look like something else than what they are, by the type that they have. */
  const learned = new Map<string, string>();

  async function attempt(
    path: string, batch: Batch, series: SeriesFacts, options: FilePart['options'], signal: AbortSignal | undefined,
  ): Promise<Attempt> {
    const { evolve, isQueryError } = await import('@duckpond/query');
    const source: FilePart = { kind: 'file', format, paths: [path], options: { ...sizes(batch), ...options } };
    let content: TabularContent;
    try {
      content = await ingest(source, series.timeColumn, signal);
    } catch (error) {
      if (isQueryError(error, 'bad-input') && format !== 'arrow') return { kind: 'unreadable', error };
      throw error;
    }
    const evolution = evolve(series.columns ?? [], content.facts.columns);
    if (evolution.kind === 'merged') return { kind: 'read', content };
    if (content.kind === 'file') rmSync(content.path, { force: true });
    const known = new Map((series.columns ?? []).map((column) => [column.name.toLowerCase(), column]));
    const columns = content.facts.columns.flatMap((column) => {
      const have = known.get(column.name.toLowerCase());
      return have !== undefined && evolve([have], [column]).kind === 'contradiction' ? [have] : [];
    });
    return { kind: 'contradiction', columns };
  }

  /** A batch need not have the event time, and what else looks like one in it is none. */
  async function ingest(source: FilePart, timeColumn: string | undefined, signal: AbortSignal | undefined): Promise<TabularContent> {
    const { isQueryError } = await import('@duckpond/query');
    const rest = signal === undefined ? {} : { signal };
    if (timeColumn === undefined) return importer.read(source, rest);
    try {
      return await importer.read(source, { ...rest, timeColumn });
    } catch (error) {
      if (!isQueryError(error, 'bad-input') || !error.message.startsWith('Cannot use ')) throw error;
    }
    const content = await importer.read(source, rest);
    const { timeColumn: _, timeMinMicros: _min, timeMaxMicros: _max, ...facts } = content.facts;
    return { ...content, facts };
  }

  function sizes({ longestBytes }: Batch): FilePart['options'] {
    if (format === 'arrow') return {};
    if (isCsv) return longestBytes > LONG_LINE ? { max_line_size: String(longestBytes + 1024) } : {};
    return longestBytes > LONG_OBJECT ? { maximum_object_size: String(longestBytes * 2) } : {};
  }

  /** How lines are divided, the same for every batch. */
  function dialect(header: string): FilePart['options'] {
    const delimiter = format === 'tsv' ? '\t' : delimiterOf(header);
    return { header: 'true', quote: '"', escape: '"', delim: delimiter === '\t' ? 'tab' : delimiter };
  }

  /** As `attempt`, with types of columns of JSON: those that the file has not are left out. */
  async function typed(
    path: string, batch: Batch, series: SeriesFacts, columns: readonly NamedType[], options: FilePart['options'],
    signal: AbortSignal | undefined,
  ): Promise<Attempt> {
    const { isQueryError } = await import('@duckpond/query');
    try {
      return await attempt(path, batch, series, { ...options, ...typesOf(columns) }, signal);
    } catch (error) {
      if (columns.length === 0 || !isQueryError(error, 'unsupported-format')) throw error;
    }
    const plain = await attempt(path, batch, series, options, signal);
    if (plain.kind !== 'contradiction') return plain;
    const there = plain.columns.filter(({ name }) => columns.some((column) => column.name.toLowerCase() === name.toLowerCase()));
    return there.length === 0 ? plain : attempt(path, batch, series, { ...options, ...typesOf(there) }, signal);
  }

  async function readCsv(batch: Batch, series: SeriesFacts, header: string, signal: AbortSignal | undefined): Promise<ReadRows> {
    const names = new Set(fieldsOf(header, format === 'tsv' ? '\t' : delimiterOf(header)).map((name) => name.trim().toLowerCase()));
    const known = (series.columns ?? []).filter(({ name, type }) => names.has(name.toLowerCase()) && PLAIN_TYPE.test(type));
    const base = dialect(header);
    const typed = { ...base, ...typesOf(known) };
    const first = await attempt(batch.path, batch, series, typed, signal);
    if (first.kind === 'read') return { content: first.content, rejected: [] };
    const texts = known.filter(({ type }) => type === 'VARCHAR');
    const second = await attempt(batch.path, batch, series, { ...base, ...typesOf(texts), sample_size: '-1' }, signal);
    if (second.kind === 'read') return { content: second.content, rejected: [] };
    const types = known.length > 0 ? typed : { ...base, sample_size: '-1' };
    const rejected = await findRejectedCsv(importer, batch, header, { ...sizes(batch), ...types }, format, signal);
    return withoutBad({ batch, series, signal, options: types, types: [], hasQuotes: true, header: 1 }, rejected);
  }

  async function readJson(batch: Batch, series: SeriesFacts, signal: AbortSignal | undefined): Promise<ReadRows> {
    const columns = [...learned].map(([name, type]) => ({ name, type }));
    const first = await typed(batch.path, batch, series, columns, { sample_size: SAMPLE_ROWS }, signal);
    if (first.kind === 'read') return { content: first.content, rejected: [] };
    const whole = { sample_size: '-1' };
    let rejected: readonly Rejected[] = [];
    let next = await attempt(batch.path, batch, series, whole, signal);
    if (next.kind === 'read') return { content: next.content, rejected };
    let path = batch.path;
    try {
      if (next.kind === 'unreadable') {
        rejected = await findBadJson(importer, batch.path, signal);
        path = writeWithout(batch.path, rejected, { hasQuotes: false, header: 0 });
        if (rejected.length === batch.records) return { content: undefined, rejected };
        next = await attempt(path, batch, series, whole, signal);
        if (next.kind === 'read') return { content: next.content, rejected };
      }
      let wanted: readonly TabularColumn[] = [];
      if (next.kind === 'contradiction') {
        const columns = next.columns.filter(({ type }) => PLAIN_TYPE.test(type));
        wanted = columns;
        rejected = [...rejected, ...await findBadValues(importer, batch.path, columns, rejected, signal)];
        for (const { name, type } of columns) if (type === 'VARCHAR') learned.set(name, type);
      }
      return await withoutBad({ batch, series, signal, options: whole, types: wanted, hasQuotes: false, header: 0 }, rejected);
    } finally {
      if (path !== batch.path) rmSync(path, { force: true });
    }
  }

  interface Cleaning {
    readonly batch: Batch;
    readonly series: SeriesFacts;
    readonly signal: AbortSignal | undefined;
    readonly options: FilePart['options'];
    /** Of columns that need not be there any more. */
    readonly types: readonly NamedType[];
    readonly hasQuotes: boolean;
    /** How many records at the beginning of the file are no rows. */
    readonly header: 0 | 1;
  }

  /** Reads what is left; rows that DuckDB still names are taken out, too. */
  async function withoutBad(
    { batch, series, signal, options, types, hasQuotes, header }: Cleaning, found: readonly Rejected[],
  ): Promise<ReadRows> {
    const rejected = [...found];
    for (let named = 0; ; named++) {
      if (rejected.length >= batch.records) return { content: undefined, rejected };
      const path = writeWithout(batch.path, rejected, { hasQuotes, header });
      try {
        const result = await typed(path, batch, series, types, options, signal);
        if (result.kind === 'read') return { content: result.content, rejected };
        if (result.kind === 'contradiction') throw contradiction(result.columns);
        const { line } = result.error.data;
        if (typeof line !== 'number' || named === MOST_NAMED) throw result.error;
        const before = new Set(rejected.map((one) => one.line));
        const kept = [...recordsOfFile(batch.path, hasQuotes)].filter((record) => !before.has(record.line));
        const bad = kept.find((_, at) => lineAfter(kept, at) > line);
        if (bad === undefined) throw result.error;
        rejected.push({ line: bad.line, reason: reasonIn(result.error), text: textOf(bad.bytes) });
      } finally {
        rmSync(path, { force: true });
      }
    }
  }

  return {
    async read(batch, series, header, signal) {
      if (format !== 'arrow' && isBlank(batch)) return { content: undefined, rejected: [] };
      if (isCsv) return readCsv(batch, series, header ?? '', signal);
      if (format === 'ndjson') return readJson(batch, series, signal);
      const result = await attempt(batch.path, batch, series, {}, signal);
      if (result.kind === 'read') return { content: result.content, rejected: [] };
      throw result.kind === 'contradiction' ? contradiction(result.columns) : result.error;
    },
  };
}

function isBlank({ path, bytes, records }: Batch): boolean {
  if (bytes > records * 8) return false;
  let isFirst = true;
  for (const record of recordsOfFile(path, false)) {
    const isHeader = isFirst && !path.endsWith('.ndjson');
    if (!isHeader && record.bytes.toString('latin1').trim() !== '') return false;
    isFirst = false;
  }
  return true;
}

/** The line behind a record in a file that has only these records. */
function lineAfter(records: readonly { readonly bytes: Buffer }[], at: number): number {
  let line = 1;
  for (const { bytes } of records.slice(0, at + 1)) line += 1 + bytes.toString('latin1').split('\n').length - 1;
  return line;
}

function contradiction(columns: readonly TabularColumn[]): PondError {
  const named = columns.map(({ name, type }) => `"${name}" ${type}`).join(', ');
  const wanted = `${named} ${columns.length > 1 ? 'were' : 'was'} wanted`;
  return new PondError('schema-conflict', `Cannot append: the rows have other types in columns of the series, ${wanted}`, { columns });
}

function typesOf(columns: readonly NamedType[]): FilePart['options'] {
  if (columns.length === 0) return {};
  return { types: columns.map(({ name, type }) => `"${name.replaceAll('"', '""')}":${type}`).join(',') };
}
