import { mkdir, rm } from 'node:fs/promises';
import type { ColumnStatistics, DataType, FileStatistics, StatisticsValue, StructField, StructType } from '@duckpond/delta';
import { deltaStorageType } from './delta-storage.ts';
import { deltaTypeName } from './delta-type.ts';
import { QueryError, queryFailed } from './errors.ts';
import { quoteIdentifier } from './identifier.ts';
import { bindParameters, type Parameters } from './parameters.ts';
import { prepareScript, type QueryOptions, requireQuery, type ScriptHost } from './script.ts';
import type { Session } from './session.ts';
import { parseTypeName } from './type-name.ts';

export interface DeltaCopyOptions {
  /** A file ends behind the row group that brings it to this size. */
  readonly fileBytes: number;
  /** Whether the rows are to be summed up, so that they can be told from others without being read. */
  readonly hasDigest?: boolean;
  readonly signal?: AbortSignal;
}

/** A Parquet file as a Delta table wants it. */
export interface DeltaFile {
  /** Of the host. */
  readonly path: string;
  readonly rowCount: number;
  readonly sizeBytes: number;
  readonly statistics: FileStatistics;
}

/** The rows of a query as files of a Delta table, in the order of the rows; no file when there are no rows. */
export interface DeltaFiles {
  readonly schema: StructType;
  readonly files: readonly DeltaFile[];
  /** The same for the same rows in any order, by this version of DuckDB. */
  readonly digest?: string;
}

/**
 * Writes the rows of a script as Parquet files for a Delta table, cast to the types that such a table has.
 *
 * @param directory of the host, below what the engine may write; made, and removed again by an error
 * @throws QueryError
 */
export async function copyToDelta(
  host: ScriptHost, sql: string, options: QueryOptions, directory: string, { fileBytes, hasDigest = false }: DeltaCopyOptions,
): Promise<DeltaFiles> {
  const { session, steps, last, release } = await prepareScript(host, sql, options);
  try {
    if (last.kind !== 'query') throw new QueryError('not-a-query', 'Cannot write files: the last statement has no rows, wanted a query');
    await steps.step(() => requireQuery(session, last));
    const fields = await steps.step(() => columnsOf(session, last.body, options.params));
    if (fields.length === 0) throw new QueryError('not-a-query', 'Cannot write files: the query has no columns, wanted at least one');
    await mkdir(directory, { recursive: true });
    const settings = `FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION V1, FILE_SIZE_BYTES ${String(fileBytes)}, RETURN_STATS`;
    const copy = `COPY (${castSelect(last.body, fields)}) TO (${await session.bind(directory)}) (${settings})`;
    const rows = await steps.step(() => rowsOf(session, copy, options.params));
    const files = rows.map((row) => fileOf(row, fields)).filter(({ rowCount }) => rowCount > 0);
    const digest = hasDigest ? await steps.step(() => digestOf(session, files)) : undefined;
    return { schema: { type: 'struct', fields }, files, ...(digest === undefined ? {} : { digest }) };
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    session.signal?.throwIfAborted();
    throw queryFailed(error);
  } finally {
    await release();
  }
}

async function rowsOf(session: Session, sql: string, params: Parameters | undefined): Promise<readonly (readonly unknown[])[]> {
  const prepared = await session.connection.prepare(sql);
  try {
    bindParameters(prepared, params, session.duckdb.api);
    return await (await prepared.run()).getRowsJson();
  } finally {
    prepared.destroySync();
  }
}

async function columnsOf(session: Session, body: string, params: Parameters | undefined): Promise<readonly StructField[]> {
  const rows = await rowsOf(session, `DESCRIBE SELECT * FROM (${body}\n)`, params);
  return rows.map(([name, type]) => (
    { name: String(name), type: storedType(session, String(type)), nullable: true, metadata: {} }));
}

/** Types that the parser of names does not know have no counterpart either. */
function storedType(session: Session, name: string): DataType {
  try {
    return deltaStorageType(parseTypeName(session.duckdb, name));
  } catch (error) {
    if (error instanceof QueryError) return 'string';
    throw error;
  }
}

function castSelect(body: string, fields: readonly StructField[]): string {
  const values = fields.map(({ name, type }, at) => `CAST(c${at} AS ${deltaTypeName(type)}) AS ${quoteIdentifier(name)}`);
  return `SELECT ${values.join(', ')} FROM (${body}\n) AS q(${fields.map((_, at) => `c${at}`).join(', ')})`;
}

function fileOf(row: readonly unknown[], fields: readonly StructField[]): DeltaFile {
  const [path, count, sizeBytes, , told] = row;
  const columns = new Map<string, ColumnStatistics>();
  for (const { key, value } of entriesOf(told)) {
    const field = fields.find(({ name }) => quoteIdentifier(name) === key);
    if (field !== undefined) columns.set(field.name, columnStatistics(field.type, value));
  }
  const rowCount = Number(count);
  return { path: String(path), rowCount, sizeBytes: Number(sizeBytes), statistics: { numRecords: rowCount, columns } };
}

interface Told {
  readonly key: string;
  readonly value: ReadonlyMap<string, string>;
}

/** Maps as the binding gives them as JSON: lists of entries. */
function entriesOf(map: unknown): Told[] {
  return listOf(map).map(({ key, value }) => (
    { key: String(key), value: new Map(listOf(value).map((entry) => [String(entry.key), String(entry.value)])) }));
}

function listOf(value: unknown): readonly { readonly key?: unknown; readonly value?: unknown }[] {
  return Array.isArray(value) ? value.filter((entry): entry is { key?: unknown; value?: unknown } => typeof entry === 'object') : [];
}

function columnStatistics(type: DataType, told: ReadonlyMap<string, string>): ColumnStatistics {
  const nulls = told.get('null_count');
  // Engines disagree on where NaN stands: no bounds where there is one.
  const hasBounds = told.get('has_nan') !== 'true';
  const min = hasBounds ? boundOf(type, told.get('min')) : undefined;
  const max = hasBounds ? boundOf(type, told.get('max')) : undefined;
  return {
    ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }),
    ...(nulls === undefined ? {} : { nullCount: Number(nulls) }),
  };
}

const TIME = /^(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(?:\+00)?)?$/;

/** A bound as DuckDB prints it; undefined for what statistics of Delta cannot say, such as years before 0. */
function boundOf(type: DataType, text: string | undefined): StatisticsValue | undefined {
  if (text === undefined) return undefined;
  switch (type) {
    case 'string': return text;
    case 'byte': case 'short': case 'integer': case 'long': return BigInt(text);
    case 'float': case 'double': return Number(text);
    case 'date': case 'timestamp': {
      const [, date, time = '00:00:00', fraction = ''] = TIME.exec(text) ?? [];
      if (date === undefined) return undefined;
      const millis = Date.parse(`${date}T${time}Z`);
      return type === 'date' ? millis / 86_400_000 : BigInt(millis) * 1000n + BigInt(fraction.padEnd(6, '0'));
    }
    default: return undefined;
  }
}

/** Of what the files say, so that nothing is computed twice. */
async function digestOf(session: Session, files: readonly DeltaFile[]): Promise<string> {
  if (files.length === 0) return '0';
  const list = await session.bindTexts(files.map(({ path }) => path));
  const [[count, sum, mix] = []] = await rowsOf(
    session, `SELECT count(*), sum(CAST(hash(t) AS HUGEINT)), bit_xor(hash(t, 1)) FROM read_parquet(${list}) AS t`, undefined,
  );
  return [count, sum, mix].map(String).join('-');
}
