import { type Catalog, type Engine, quoteIdentifier, type Relation } from '@duckpond/query';
import { FactoryError } from '../errors.ts';
import type { NamedColumn } from './layout.ts';
import type { RejectedRow, SpooledRows } from './spooled-rows.ts';
import { sqlText, TIME_FORMS, type TimeForm, timeForm } from './time-formats.ts';

export type ColumnType = 'time' | 'integer' | 'number' | 'text';

export interface TypedColumn extends NamedColumn {
  readonly type: ColumnType;
  readonly nulls: number;
  /** The first value that there is, as it stands in the file. */
  readonly example: string | undefined;
}

/** Rows with types, as a query over the table `s`, the spooled rows. */
export interface TypedRows {
  readonly columns: readonly TypedColumn[];
  readonly timeColumn: string | undefined;
  /** How the times are written, and in which zone. */
  readonly times: string | undefined;
  /** The rows that fit. */
  readonly select: string;
  readonly rejected: readonly RejectedRow[];
}

export interface TypeOptions {
  /** The columns that make up the time, joined by a space; found when they are not named. */
  readonly timeColumns: readonly string[] | undefined;
  readonly timeFormat: string | undefined;
  readonly zone: string;
  readonly decimal: '.' | ',';
  readonly thousands: string | undefined;
  /** Types that columns must have: rows with other values are rejected. */
  readonly types: ReadonlyMap<string, Exclude<ColumnType, 'time'>>;
  readonly signal?: AbortSignal;
}

/** The name of a time that is made of several columns. */
const JOINED_NAME = 'timestamp';
/** A column is taken for the time when so many of its values are times, of one. */
const MOST_ARE_TIMES = 0.9;
const LONGEST_LINE = 32 * 1024 * 1024;
const NUMBER = '^[+-]?(\\d+[.]?\\d*|[.]\\d+)([eE][+-]?\\d+)?$';

type Ask = (sql: string) => Promise<readonly (readonly unknown[])[]>;

/** Finds the types of columns, and which rows do not fit them. @throws FactoryError `bad-input` */
export async function typeRows(
  engine: Engine, file: string, spooled: SpooledRows, named: readonly NamedColumn[], options: TypeOptions,
): Promise<TypedRows> {
  const catalog = spooledCatalog(spooled);
  const ask: Ask = async (sql) => {
    const result = await engine.query(sql, { catalog, ...(options.signal === undefined ? {} : { signal: options.signal }) });
    const rows: (readonly unknown[])[] = [];
    for await (const row of result.rows()) rows.push(row);
    return rows;
  };
  const time = await findTime(ask, file, named, options);
  const isTime = (at: number): boolean => time?.columns.includes(at) === true;
  const counts = (await ask(`SELECT ${[
    'count(*)', ...named.flatMap((_, at) => [
      `count(c${at})`, `count(${integerSql(at, options)})`, `count(${numberSql(at, options)})`,
      `count(*) FILTER (regexp_matches(c${at}, '^[+-]?0\\d'))`,
      `first(c${at}) FILTER (c${at} IS NOT NULL)`,
    ]),
  ].join(', ')} FROM s`))[0] ?? [];
  const total = Number(counts[0] ?? 0);
  const typed = named.map((column, at): TypedColumn => {
    const [given, integers, numbers, padded, example] = counts.slice(1 + at * 5, 6 + at * 5);
    const wanted = options.types.get(column.name);
    const isWhole = given === integers && Number(given) > 0;
    const found = Number(padded) > 0 || given !== numbers || Number(given) === 0 ? 'text' : isWhole ? 'integer' : 'number';
    return {
      ...column, type: isTime(at) ? 'time' : wanted ?? found, nulls: total - Number(given),
      example: typeof example === 'string' ? example : undefined,
    };
  });
  const values = typed.map(({ type }, at) => {
    if (type === 'integer') return integerSql(at, options);
    return type === 'number' ? numberSql(at, options) : `c${at}`;
  });
  const faults = typed.flatMap(({ name, type }, at) => {
    if (type !== 'integer' && type !== 'number') return [];
    const fault = sqlText(`"${name}" is no ${type === 'integer' ? 'whole number' : 'number'}: `);
    return [`WHEN c${at} IS NOT NULL AND ${values[at] ?? ''} IS NULL THEN ${fault} || c${at}`];
  });
  if (time !== undefined) {
    faults.unshift(`WHEN ${time.sql} IS NULL THEN 'the time cannot be read: ' || coalesce(nullif(${time.text}, ''), 'there is none')`);
  }
  const reason = faults.length === 0 ? 'NULL' : `CASE ${faults.join(' ')} END`;
  const rejected = faults.length === 0 ? []
    : await ask(`SELECT line, reason, raw FROM (SELECT line, raw, ${reason} AS reason FROM s) WHERE reason IS NOT NULL`);
  const outputs = typed.flatMap(({ name, type }, at) => (type === 'time' ? [] : [`${values[at] ?? ''} AS ${quoteIdentifier(name)}`]));
  const timeName = time?.columns.length === 1 ? named[time.columns[0] ?? 0]?.name ?? JOINED_NAME : JOINED_NAME;
  const list = [...(time === undefined ? [] : [`${time.sql} AS ${quoteIdentifier(timeName)}`]), ...outputs].join(', ');
  const zoned = time?.form.isZoned === true ? time.form.name : `${time?.form.name ?? ''}, ${options.zone}`;
  return {
    columns: typed, timeColumn: time === undefined ? undefined : timeName, times: time === undefined ? undefined : zoned,
    select: `SELECT ${list} FROM (SELECT *, ${reason} AS reason FROM s) WHERE reason IS NULL`,
    rejected: rejected.map(([line, why, raw]) => ({ line: Number(line), reason: String(why), text: String(raw) })),
  };
}

/** What queries of typed rows call the spooled ones. */
export function spooledCatalog({ path, fields }: Pick<SpooledRows, 'path' | 'fields'>): Catalog {
  const columns = ['line:BIGINT', 'raw:VARCHAR', ...Array.from({ length: fields }, (_, at) => `c${at}:VARCHAR`)].join(',');
  const options = { header: 'true', delim: ',', columns, max_line_size: String(LONGEST_LINE) };
  const relation: Relation = { parts: [{ kind: 'file', format: 'csv', paths: [path], options }] };
  return { resolve: (name) => Promise.resolve(name === 's' ? relation : undefined) };
}

/** The same for queries of a pond. */
export function spooledTables({ path, fields }: Pick<SpooledRows, 'path' | 'fields'>): Readonly<Record<string, string>> {
  const columns = ['line:BIGINT', 'raw:VARCHAR', ...Array.from({ length: fields }, (_, at) => `c${at}:VARCHAR`)].join(',');
  const address = encodeURI(path).replace(/[?#]/g, encodeURIComponent);
  return { s: `host+csv://${address}?header=true&delim=,&columns=${columns}&max_line_size=${LONGEST_LINE}` };
}

interface FoundTime {
  readonly columns: readonly number[];
  readonly form: TimeForm;
  readonly text: string;
  /** A TIMESTAMP WITH TIME ZONE. */
  readonly sql: string;
}

async function findTime(ask: Ask, file: string, named: readonly NamedColumn[], options: TypeOptions): Promise<FoundTime | undefined> {
  const { timeColumns, timeFormat, zone } = options;
  const forms = timeFormat === undefined ? TIME_FORMS : [timeForm(timeFormat)];
  const candidates = timeColumns === undefined ? named.map((_, at) => [at]) : [timeColumns.map((name) => {
    const at = named.findIndex((column) => column.name === name);
    if (at >= 0) return at;
    const known = named.map((column) => `"${column.name}"`).join(', ');
    const message = `Cannot read "${file}": there is no column "${name}" for the time, one of ${known} was wanted`;
    throw new FactoryError('bad-input', message, { file });
  })];
  for (const columns of candidates) {
    const text = columns.length === 1 ? `c${columns[0] ?? 0}` : `concat_ws(' ', ${columns.map((at) => `c${at}`).join(', ')})`;
    const asked = forms.map(({ sql }) => `count(${sql(text)})`).join(', ');
    const [counts = []] = await ask(`SELECT count(nullif(${text}, '')), ${asked} FROM s`);
    const [given, ...found] = counts.map(Number);
    const most = Math.max(...found);
    if (given === undefined || most === 0 || (timeColumns === undefined && most < given * MOST_ARE_TIMES)) continue;
    const best = forms.filter((_, at) => found[at] === most);
    const [form] = best;
    if (form === undefined) continue;
    if (best.length > 1) {
      const names = best.map(({ name }) => name).join(' or ');
      const message = `Cannot read "${file}": its times may be ${names}, the format of strptime was wanted as time.format`;
      throw new FactoryError('bad-input', message, { file });
    }
    return { columns, form, text, sql: form.isZoned ? form.sql(text) : `timezone(${sqlText(zone)}, ${form.sql(text)})` };
  }
  if (timeColumns === undefined) return undefined;
  const list = timeColumns.map((name) => `"${name}"`).join(' and ');
  const wanted = timeFormat === undefined ? 'a known format' : `the format "${timeFormat}"`;
  throw new FactoryError('bad-input', `Cannot read "${file}": no value of ${list} is a time, ${wanted} was wanted`, { file });
}

function plainNumber(at: number, { decimal, thousands }: TypeOptions): string {
  const without = thousands === undefined ? `c${at}` : `replace(c${at}, ${sqlText(thousands)}, '')`;
  return decimal === '.' ? without : `replace(${without}, ',', '.')`;
}

/** Numbers with a point only where the decimal sign is one. */
function numberSql(at: number, options: TypeOptions): string {
  const isForeign = options.decimal === ',' && options.thousands !== '.' ? ` AND NOT contains(c${at}, '.')` : '';
  const plain = plainNumber(at, options);
  return `CASE WHEN regexp_matches(${plain}, '${NUMBER}')${isForeign} THEN TRY_CAST(${plain} AS DOUBLE) END`;
}

function integerSql(at: number, options: TypeOptions): string {
  const plain = plainNumber(at, options);
  return `CASE WHEN regexp_matches(${plain}, '^[+-]?\\d{1,18}$') THEN TRY_CAST(${plain} AS BIGINT) END`;
}
