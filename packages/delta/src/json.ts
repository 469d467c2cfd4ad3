/**
 * JSON whose 64-bit integers stay exact: an integer literal beyond the safe range is a `bigint`, everything else is what
 * `JSON.parse` makes of it. Written back, a `bigint` is a plain number.
 */

/**
 * What may be an integer beyond the safe range: those of fewer than 16 digits are safe. Behind anything but a separator the digits
 * are a part of a string, as those of times, hashes and ids often are.
 */
const LONG = /(?:^|[: [,\t\r\n])-?\d{16}/;

/** @throws SyntaxError as `JSON.parse` does */
export function parseJson(text: string): unknown {
  return LONG.test(text) ? parseExactly(text) : JSON.parse(text);
}


export function stringifyJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    // JSON.stringify knows no bigint; a cycle, its other TypeError, is a mistake of the caller and is reported as it is.
    if (error instanceof TypeError && /bigint/i.test(error.message)) return stringifyExactly(value) ?? 'null';
    throw error;
  }
}

function stringifyExactly(value: unknown): string | undefined {
  if (typeof value === 'bigint') return value.toString();
  if (value === null || typeof value !== 'object' || 'toJSON' in value) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => stringifyExactly(item) ?? 'null').join(',')}]`;
  const fields: string[] = [];
  for (const [name, field] of Object.entries(value)) {
    const text = stringifyExactly(field);
    if (text !== undefined) fields.push(`${JSON.stringify(name)}:${text}`);
  }
  return `{${fields.join(',')}}`;
}

const TOKEN = /[\t\n\r ]*(?:("(?:[^"\\]|\\.)*")|(-?\d[\d.eE+-]*)|(true|false|null)|([{}[\],:]))/y;
const INTEGER = /^-?\d+$/;

/** Numbers, strings and literals go through `JSON.parse` one by one, so that what is valid JSON is decided in one place. */
function parseExactly(text: string): unknown {
  let position = 0;
  let token = '';

  function next(): string {
    TOKEN.lastIndex = position;
    const match = TOKEN.exec(text);
    if (match === null) throw new SyntaxError(`Unexpected text in JSON at position ${position}`);
    position = TOKEN.lastIndex;
    token = match[1] ?? match[2] ?? match[3] ?? match[4] ?? '';
    return token;
  }

  function expected(what: string): SyntaxError {
    return new SyntaxError(`Unexpected ${token} in JSON before position ${position}, wanted ${what}`);
  }

  function value(): unknown {
    if (token === '{') return object();
    if (token === '[') return array();
    const scalar: unknown = JSON.parse(token);
    return typeof scalar === 'number' && !Number.isSafeInteger(scalar) && INTEGER.test(token) ? BigInt(token) : scalar;
  }

  function object(): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    if (next() === '}') return result;
    for (;;) {
      if (!token.startsWith('"')) throw expected('a field name');
      const name: unknown = JSON.parse(token);
      if (next() !== ':') throw expected('":"');
      next();
      // Not an assignment: "__proto__" is a field like any other.
      Object.defineProperty(result, String(name), { value: value(), writable: true, enumerable: true, configurable: true });
      if (next() === '}') return result;
      if (token !== ',') throw expected('"," or "}"');
      next();
    }
  }

  function array(): unknown[] {
    const result: unknown[] = [];
    if (next() === ']') return result;
    for (;;) {
      result.push(value());
      if (next() === ']') return result;
      if (token !== ',') throw expected('"," or "]"');
      next();
    }
  }

  next();
  const result = value();
  if (text.slice(position).trim() !== '') throw new SyntaxError(`Unexpected text after JSON at position ${position}`);
  return result;
}
