import { tokenize } from './sql-tokens.ts';

const SIGNED = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT'];
const UNSIGNED = ['UTINYINT', 'USMALLINT', 'UINTEGER', 'UBIGINT'];
/** Decimal digits that hold every value, as DuckDB counts them. */
const DIGITS: Readonly<Record<string, number>> = {
  TINYINT: 3, SMALLINT: 5, INTEGER: 10, BIGINT: 19, UTINYINT: 3, USMALLINT: 5, UINTEGER: 10, UBIGINT: 20,
};
const EXACT_IN_FLOAT = ['TINYINT', 'SMALLINT', 'UTINYINT', 'USMALLINT'];
const TIMESTAMPS = ['DATE', 'TIMESTAMP_S', 'TIMESTAMP_MS', 'TIMESTAMP', 'TIMESTAMP_NS'];
const ZONED = 'TIMESTAMP WITH TIME ZONE';
const MAX_DECIMAL = 38;

/**
 * The least type that holds the values of both, or undefined when the two contradict. Where it is defined it is the type that DuckDB gives
 * `UNION ALL BY NAME`, which also unites what does not belong together (numbers with dates, anything with text).
 *
 * - NULL is below everything.
 * - TINYINT < SMALLINT < INTEGER < BIGINT < HUGEINT, and the unsigned ones likewise; a mixture is the next signed type that holds both.
 * - Whole numbers and DECIMAL: the DECIMAL with enough digits before and after the point, up to 38.
 * - FLOAT < DOUBLE; whole numbers and DECIMAL < DOUBLE, and those of up to 16 bits < FLOAT.
 * - DATE < TIMESTAMP_S < TIMESTAMP_MS < TIMESTAMP < TIMESTAMP_NS; DATE to TIMESTAMP < TIMESTAMP WITH TIME ZONE, taken as UTC.
 * - Lists, maps and structs by what is in them; structs by name, new fields at the end.
 * - Everything else only with itself: BOOLEAN, VARCHAR, BLOB, UUID, JSON, TIME, INTERVAL, ENUM and so on.
 */
export function commonType(a: string, b: string): string | undefined {
  const [left, right] = [parse(a), parse(b)];
  const joined = left === undefined || right === undefined ? undefined : join(left, right);
  if (joined !== undefined) return print(joined);
  return a === b ? a : undefined;
}

type Type =
  | { readonly kind: 'simple'; readonly name: string }
  | { readonly kind: 'decimal'; readonly width: number; readonly scale: number }
  | { readonly kind: 'list'; readonly of: Type }
  | { readonly kind: 'map'; readonly key: Type; readonly value: Type }
  | { readonly kind: 'struct'; readonly fields: readonly Field[] };

interface Field {
  /** As it stands in the name of the type, with its quotes. */
  readonly text: string;
  readonly name: string;
  readonly type: Type;
}

function join(a: Type, b: Type): Type | undefined {
  if (isNull(a)) return b;
  if (isNull(b)) return a;
  if (a.kind === 'list' && b.kind === 'list') return lift(join(a.of, b.of), (of) => ({ kind: 'list', of }));
  if (a.kind === 'struct' && b.kind === 'struct') return joinStructs(a.fields, b.fields);
  if (a.kind === 'map' && b.kind === 'map') {
    const value = join(a.value, b.value);
    return value === undefined ? undefined : lift(join(a.key, b.key), (key) => ({ kind: 'map', key, value }));
  }
  if (a.kind === 'simple' && b.kind === 'simple') return lift(joinSimple(a.name, b.name), (name) => ({ kind: 'simple', name }));
  if (a.kind === 'simple' && b.kind === 'decimal') return joinDecimal(b, a);
  if (a.kind === 'decimal') return joinDecimal(a, b);
  return undefined;
}

function lift<A, B>(value: A | undefined, then: (value: A) => B): B | undefined {
  return value === undefined ? undefined : then(value);
}

function isNull(type: Type): boolean {
  return type.kind === 'simple' && type.name === 'NULL';
}

function joinSimple(a: string, b: string): string | undefined {
  if (a === b) return a;
  const whole = joinIntegers(a, b);
  if (whole !== undefined) return whole;
  const other = a === 'DOUBLE' || a === 'FLOAT' ? b : a;
  const float = other === b ? a : b;
  if (float === 'DOUBLE' && (other === 'FLOAT' || isInteger(other))) return 'DOUBLE';
  if (float === 'FLOAT' && EXACT_IN_FLOAT.includes(other)) return 'FLOAT';
  if (float === 'FLOAT' && other === 'DOUBLE') return 'DOUBLE';
  const [at, bt] = [TIMESTAMPS.indexOf(a), TIMESTAMPS.indexOf(b)];
  if (at >= 0 && bt >= 0) return TIMESTAMPS[Math.max(at, bt)];
  const plain = a === ZONED ? b : b === ZONED ? a : undefined;
  return plain !== undefined && TIMESTAMPS.includes(plain) && plain !== 'TIMESTAMP_NS' ? ZONED : undefined;
}

function isInteger(name: string): boolean {
  return SIGNED.includes(name) || UNSIGNED.includes(name);
}

function joinIntegers(a: string, b: string): string | undefined {
  const [as, bs, au, bu] = [SIGNED.indexOf(a), SIGNED.indexOf(b), UNSIGNED.indexOf(a), UNSIGNED.indexOf(b)];
  if (as >= 0 && bs >= 0) return SIGNED[Math.max(as, bs)];
  if (au >= 0 && bu >= 0) return UNSIGNED[Math.max(au, bu)];
  if (as >= 0 && bu >= 0) return SIGNED[Math.max(as, bu + 1)];
  if (au >= 0 && bs >= 0) return SIGNED[Math.max(bs, au + 1)];
  return undefined;
}

function joinDecimal(a: Type & { kind: 'decimal' }, b: Type): Type | undefined {
  if (b.kind === 'simple' && b.name === 'DOUBLE') return b;
  const digits = b.kind === 'decimal' ? b.width - b.scale : b.kind === 'simple' ? DIGITS[b.name] : undefined;
  if (digits === undefined) return undefined;
  const scale = Math.max(a.scale, b.kind === 'decimal' ? b.scale : 0);
  const width = Math.max(a.width - a.scale, digits) + scale;
  return width > MAX_DECIMAL ? undefined : { kind: 'decimal', width, scale };
}

function joinStructs(a: readonly Field[], b: readonly Field[]): Type | undefined {
  const later = new Map(b.map((field) => [field.name.toLowerCase(), field]));
  const fields: Field[] = [];
  for (const field of a) {
    const key = field.name.toLowerCase();
    const next = later.get(key);
    later.delete(key);
    const type = next === undefined ? field.type : join(field.type, next.type);
    if (type === undefined) return undefined;
    fields.push({ ...field, type });
  }
  return { kind: 'struct', fields: [...fields, ...later.values()] };
}

function print(type: Type): string {
  switch (type.kind) {
    case 'simple': return type.name === 'NULL' ? '"NULL"' : type.name;
    case 'decimal': return `DECIMAL(${type.width},${type.scale})`;
    case 'list': return `${print(type.of)}[]`;
    case 'map': return `MAP(${print(type.key)}, ${print(type.value)})`;
    case 'struct': return `STRUCT(${type.fields.map((field) => `${field.text} ${print(field.type)}`).join(', ')})`;
  }
}

/** The structure of a type's name as DuckDB prints it; undefined for what is only equal to itself: ENUM, UNION, ARRAY. */
function parse(name: string): Type | undefined {
  const tokens = tokenize(name);
  let at = 0;
  const parsed = type();
  return at === tokens.length ? parsed : undefined;

  function type(): Type | undefined {
    let result = base();
    while (result !== undefined && take('[')) result = take(']') ? { kind: 'list', of: result } : undefined;
    return result;
  }

  function base(): Type | undefined {
    const words: string[] = [];
    for (let token = tokens[at]; token?.kind === 'word' || (words.length === 0 && token?.kind === 'identifier'); token = tokens[at]) {
      words.push(token.value.toUpperCase());
      at += 1;
    }
    const word = words.join(' ');
    if (word === 'DECIMAL') return decimal();
    if (word === 'STRUCT') return lift(items(field), (fields) => ({ kind: 'struct', fields }));
    if (word === 'MAP') {
      const [key, value, more] = items(type) ?? [];
      return key === undefined || value === undefined || more !== undefined ? undefined : { kind: 'map', key, value };
    }
    return word === '' || tokens[at]?.text === '(' ? undefined : { kind: 'simple', name: word };
  }

  function decimal(): Type | undefined {
    const [width, scale] = items(number) ?? [];
    return width === undefined || scale === undefined ? undefined : { kind: 'decimal', width, scale };
  }

  function number(): number | undefined {
    const token = tokens[at];
    at += 1;
    return token?.kind === 'number' ? Number(token.value) : undefined;
  }

  function field(): Field | undefined {
    const token = tokens[at];
    if (token?.kind !== 'word' && token?.kind !== 'identifier') return undefined;
    at += 1;
    const fieldType = type();
    if (fieldType === undefined) return undefined;
    return { text: token.text, name: token.kind === 'word' ? token.text : token.value, type: fieldType };
  }

  function items<T>(item: () => T | undefined): T[] | undefined {
    if (!take('(')) return undefined;
    const found: T[] = [];
    do {
      const next = item();
      if (next === undefined) return undefined;
      found.push(next);
    } while (take(','));
    return take(')') ? found : undefined;
  }

  function take(symbol: string): boolean {
    if (tokens[at]?.text !== symbol) return false;
    at += 1;
    return true;
  }
}
