/** A DuckDB type, read from its text: `DECIMAL(18,3)`, `STRUCT("a b" INTEGER, c VARCHAR[])`. */
export interface DuckType {
  /** Upper case, without arguments: `BIGINT`, `TIMESTAMP WITH TIME ZONE`, `LIST`, `ARRAY`, `STRUCT`, `MAP`, `UNION`, `DECIMAL`, `ENUM`. */
  readonly name: string;
  /** Members of a struct or union, `key` and `value` of a map, the one `item` of a list or array. */
  readonly members: readonly { readonly name: string; readonly type: DuckType }[];
  /** Width and scale of a decimal, length of an array. */
  readonly sizes: readonly number[];
}

const SHORT_NAMES: Readonly<Record<string, string>> = {
  TIMESTAMPTZ: 'TIMESTAMP WITH TIME ZONE', TIMETZ: 'TIME WITH TIME ZONE', INT8: 'BIGINT', INT4: 'INTEGER', INT: 'INTEGER', LONG: 'BIGINT',
  TEXT: 'VARCHAR', STRING: 'VARCHAR', BOOL: 'BOOLEAN', FLOAT4: 'FLOAT',
  REAL: 'FLOAT', FLOAT8: 'DOUBLE', BYTEA: 'BLOB', DATETIME: 'TIMESTAMP', NULL: 'SQLNULL',
  '"NULL"': 'SQLNULL', NUMERIC: 'DECIMAL', BITSTRING: 'BIT', VARINT: 'BIGNUM',
};

/** Reads the text of a type. What it does not know keeps its name, and its values are shown as DuckDB writes them. */
export function parseDuckType(text: string): DuckType {
  const reader = { text, at: 0 };
  const type = readType(reader);
  return reader.at >= text.trimEnd().length ? type : { name: text.toUpperCase(), members: [], sizes: [] };
}

interface Reader {
  readonly text: string;
  at: number;
}

function readType(reader: Reader): DuckType {
  let type = readBase(reader);
  for (;;) {
    const suffix = take(reader, /\s*\[(\d*)\]/y);
    if (suffix === undefined) return type;
    const members = [{ name: 'item', type }];
    type = suffix[1] === '' ? { name: 'LIST', members, sizes: [] } : { name: 'ARRAY', members, sizes: [Number(suffix[1])] };
  }
}

function readBase(reader: Reader): DuckType {
  const quoted = take(reader, /\s*"((?:[^"]|"")*)"/y);
  const word = quoted?.[1] ?? (take(reader, /\s*([A-Za-z_]\w*(?: (?:WITH(?:OUT)? TIME ZONE|PRECISION))?)/iy)?.[1] ?? '');
  const upper = word.toUpperCase();
  const name = SHORT_NAMES[upper] ?? upper.replace(/ WITHOUT TIME ZONE$/, '');
  if (name === 'ENUM') {
    take(reader, /\s*\(\s*(?:'(?:[^']|'')*'\s*,?\s*)*\)/y);
    return { name, members: [], sizes: [] };
  }
  if (take(reader, /\s*\(/y) === undefined) return { name, members: [], sizes: name === 'DECIMAL' ? [18, 3] : [] };
  if (name === 'STRUCT' || name === 'UNION' || name === 'MAP') return { name, members: readMembers(reader, name === 'MAP'), sizes: [] };
  const sizes = take(reader, /([^()]*)\)/y)?.[1] ?? '';
  return { name, members: [], sizes: sizes.split(',').map(Number) };
}

function readMembers(reader: Reader, isMap: boolean): DuckType['members'] {
  const members: { name: string; type: DuckType }[] = [];
  while (reader.at < reader.text.length && take(reader, /\s*\)/y) === undefined) {
    const start = reader.at;
    const name = isMap ? (members.length === 0 ? 'key' : 'value') : readName(reader);
    members.push({ name, type: readType(reader) });
    take(reader, /\s*,/y);
    if (reader.at === start) break;
  }
  return members;
}

function readName(reader: Reader): string {
  const quoted = take(reader, /\s*"((?:[^"]|"")*)"/y);
  return quoted === undefined ? take(reader, /\s*([^\s,()]+)/y)?.[1] ?? '' : (quoted[1] ?? '').replaceAll('""', '"');
}

function take(reader: Reader, pattern: RegExp): RegExpExecArray | undefined {
  pattern.lastIndex = reader.at;
  const match = pattern.exec(reader.text);
  if (match === null) return undefined;
  reader.at = pattern.lastIndex;
  return match;
}

const ARROW_NAMES: Readonly<Record<string, string>> = {
  BOOLEAN: 'bool', TINYINT: 'int8', SMALLINT: 'int16', INTEGER: 'int32', BIGINT: 'int64', UTINYINT: 'uint8', USMALLINT: 'uint16',
  UINTEGER: 'uint32', UBIGINT: 'uint64', HUGEINT: 'hugeint', UHUGEINT: 'uhugeint', FLOAT: 'float', DOUBLE: 'double', VARCHAR: 'string',
  JSON: 'json', BLOB: 'binary', DATE: 'date32', TIME: 'time64[us]', TIME_NS: 'time64[ns]', 'TIME WITH TIME ZONE': 'timetz',
  TIMESTAMP: 'timestamp[us]', TIMESTAMP_S: 'timestamp[s]', TIMESTAMP_MS: 'timestamp[ms]', TIMESTAMP_NS: 'timestamp[ns]',
  'TIMESTAMP WITH TIME ZONE': 'timestamp[us, UTC]', INTERVAL: 'interval', UUID: 'uuid', ENUM: 'dictionary', SQLNULL: 'null',
};

/** Arrow's name of a type, for the types row of the table form; types that Arrow has not keep DuckDB's name in lower case. */
export function arrowTypeName(type: DuckType): string {
  const { name, members, sizes } = type;
  const inner = (): string => members.map((member) => `${member.name}: ${arrowTypeName(member.type)}`).join(', ');
  switch (name) {
    case 'DECIMAL': return `decimal128(${sizes.join(', ')})`;
    case 'LIST': return `list<${members.map((member) => arrowTypeName(member.type)).join()}>`;
    case 'ARRAY': return `fixed_size_list<${members.map((member) => arrowTypeName(member.type)).join()}>[${sizes.join()}]`;
    case 'STRUCT': return `struct<${inner()}>`;
    case 'UNION': return `union<${inner()}>`;
    case 'MAP': return `map<${members.map((member) => arrowTypeName(member.type)).join(', ')}>`;
    default: return ARROW_NAMES[name] ?? name.toLowerCase();
  }
}
