import { dateText, instantText, timestampText, timeText, timeTzText } from '../civil.ts';
import { decimalText, doubleText, floatText, isSafeDecimal, shortFloat } from '../number-text.ts';
import { type DuckType, parseDuckType } from './type.ts';

/** From a value of DuckDB's Node binding, never null, to text. */
export type ValueText = (value: unknown) => string;

/**
 * The text of a type's values as csv, tsv and the table form have it: every digit kept, times in RFC 3339 (`Z` for instants alone),
 * bytes as lower-case hex, nested values as JSON, everything else as DuckDB writes it.
 */
export function valueText(type: DuckType): ValueText {
  switch (type.name) {
    case 'FLOAT': return (value) => floatText(Number(value));
    case 'DOUBLE': return (value) => doubleText(Number(value));
    case 'DECIMAL': return (value) => decimalText(bigintField(value, 'value'), type.sizes[1] ?? 0);
    case 'DATE': return (value) => dateText(Number(field(value, 'days')));
    case 'TIME': return (value) => timeText(bigintField(value, 'micros'), 1_000_000n, 6);
    case 'TIME_NS': return (value) => timeText(bigintField(value, 'nanos'), 1_000_000_000n, 9);
    case 'TIME WITH TIME ZONE': return (value) => timeTzText(bigintField(value, 'micros'), Number(field(value, 'offset')));
    case 'TIMESTAMP': return (value) => timestampText(bigintField(value, 'micros'), 6);
    case 'TIMESTAMP_S': return (value) => timestampText(bigintField(value, 'seconds'), 0);
    case 'TIMESTAMP_MS': return (value) => timestampText(bigintField(value, 'millis'), 3);
    case 'TIMESTAMP_NS': return (value) => timestampText(bigintField(value, 'nanos'), 9);
    case 'TIMESTAMP WITH TIME ZONE': return (value) => instantText(bigintField(value, 'micros'));
    case 'BLOB':
    case 'GEOMETRY': return (value) => hex(field(value, 'bytes') ?? value);
    case 'UNION': return unionWriter(type, valueText);
    case 'VARIANT': return (value) => variantText(value, valueText);
    case 'LIST':
    case 'ARRAY':
    case 'STRUCT':
    case 'MAP': return valueJson(type);
    default: return String;
  }
}

/**
 * A type's values as JSON: numbers while none of their digits is lost and strings beyond, NaN and the infinities as null,
 * structs and maps as objects, `JSON` as it is.
 */
export function valueJson(type: DuckType): ValueText {
  switch (type.name) {
    case 'BOOLEAN':
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'UTINYINT':
    case 'USMALLINT':
    case 'UINTEGER': return String;
    case 'BIGINT':
    case 'UBIGINT':
    case 'HUGEINT':
    case 'UHUGEINT':
    case 'BIGNUM': return (value) => (Number.isSafeInteger(Number(value)) ? String(value) : `"${String(value)}"`);
    case 'FLOAT': return (value) => jsonNumber(shortFloat(Number(value)));
    case 'DOUBLE': return (value) => jsonNumber(Number(value));
    case 'DECIMAL': {
      const text = valueText(type);
      return (value) => jsonDecimal(text(value));
    }
    case 'JSON': return (value) => jsonLine(String(value));
    case 'SQLNULL': return () => 'null';
    case 'LIST':
    case 'ARRAY': {
      const item = orNull(valueJson(type.members[0]?.type ?? UNKNOWN));
      return (value) => `[${listField(value, 'items').map(item).join(',')}]`;
    }
    case 'STRUCT': return structWriter(type);
    case 'MAP': {
      const [keys, values] = type.members;
      const key = valueText(keys?.type ?? UNKNOWN);
      const item = orNull(valueJson(values?.type ?? UNKNOWN));
      return (value) => `{${listField(value, 'entries')
        .map((entry) => `${JSON.stringify(key(field(entry, 'key')))}:${item(field(entry, 'value'))}`).join(',')}}`;
    }
    case 'UNION': return unionWriter(type, valueJson);
    case 'VARIANT': return (value) => variantText(value, valueJson);
    default: {
      const text = valueText(type);
      return (value) => JSON.stringify(text(value));
    }
  }
}

const UNKNOWN: DuckType = { name: 'VARCHAR', members: [], sizes: [] };

export function jsonNumber(value: number): string {
  return Number.isFinite(value) ? doubleText(value) : 'null';
}

export function jsonDecimal(text: string): string {
  return isSafeDecimal(text) ? text : `"${text}"`;
}

/** JSON text on one line: a line end in valid JSON is white space. */
export function jsonLine(text: string): string {
  return text.replace(/[\r\n]+/g, ' ');
}

function orNull(write: ValueText): ValueText {
  return (value) => (value === null || value === undefined ? 'null' : write(value));
}

function structWriter({ members }: DuckType): ValueText {
  const writers = members.map(({ name, type }) => ({ name, key: JSON.stringify(name), write: orNull(valueJson(type)) }));
  return (value) => {
    const entries = field(value, 'entries');
    return `{${writers.map(({ name, key, write }) => `${key}:${write(field(entries, name))}`).join(',')}}`;
  };
}

function unionWriter(type: DuckType, writer: (type: DuckType) => ValueText): ValueText {
  const writers = new Map(type.members.map((member) => [member.name, writer(member.type)]));
  const none = writer === valueJson ? 'null' : '';
  return (value) => {
    const inner = field(value, 'value');
    if (inner === null || inner === undefined) return none;
    return (writers.get(String(field(value, 'tag'))) ?? String)(inner);
  };
}

/** A variant brings the type of its value along. */
function variantText(value: unknown, writer: (type: DuckType) => ValueText): string {
  const inner = field(value, 'value');
  if (inner === null || inner === undefined) return writer === valueJson ? 'null' : '';
  const type = field(value, 'type');
  return writer(type === undefined ? UNKNOWN : parseDuckType(String(type)))(inner);
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

function bigintField(value: unknown, name: string): bigint {
  const found = field(value, name);
  if (typeof found !== 'bigint') throw new TypeError(`a value of DuckDB has no bigint "${name}"`);
  return found;
}

function listField(value: unknown, name: string): readonly unknown[] {
  const found = field(value, name);
  return Array.isArray(found) ? found : [];
}

function hex(bytes: unknown): string {
  return bytes instanceof Uint8Array ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex') : String(bytes);
}
