/** A token of SQL as far as statements and names need it. `text` is as written; a `string` or an `identifier` also has its value. */
export interface Token {
  readonly kind: 'word' | 'identifier' | 'string' | 'number' | 'symbol';
  readonly text: string;
  /** Upper case for words, unquoted for identifiers and strings. */
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

// As DuckDB has it: spaces without a width divide words, too.
const SPACE = /[\s\u200b-\u200d\u2060]/u;
const WORD_START = /(?![\s\u200b-\u200d\u2060])[\p{L}_\u0080-\uffff]/u;
const WORD = /(?![\s\u200b-\u200d\u2060])[\p{L}\p{N}_$\u0080-\uffff]/u;
const DIGIT = /[0-9]/;
const DOLLAR_TAG = /\$(?:[\p{L}_\u0080-\uffff][\p{L}\p{N}_\u0080-\uffff]*)?\$/uy;

/** The tokens of a script, without space and comments. What is not closed reaches to the end. */
export function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const push = (kind: Token['kind'], end: number, value?: string): void => {
    const text = sql.slice(at, end);
    tokens.push({ kind, text, value: value ?? text, start: at, end });
    at = end;
  };
  while (at < sql.length) {
    const char = sql.charAt(at);
    if (SPACE.test(char)) at += 1;
    else if (sql.startsWith('--', at)) at = lineEnd(sql, at);
    else if (sql.startsWith('/*', at)) at = commentEnd(sql, at);
    else if (char === "'") pushQuoted("'", at, 'string');
    else if (char === '"') pushQuoted('"', at, 'identifier');
    else if ((char === 'e' || char === 'E') && sql.charAt(at + 1) === "'") push('string', escapedEnd(sql, at + 2));
    else if (char === '$') dollar();
    else if (WORD_START.test(char)) word();
    else if (DIGIT.test(char)) push('number', runEnd(sql, at, /[0-9a-zA-Z_.]/));
    else push('symbol', at + 1);
  }
  return tokens;

  function pushQuoted(quote: string, start: number, kind: 'string' | 'identifier'): void {
    const end = quotedEnd(sql, start, quote);
    const closed = end > start + 1 && sql.charAt(end - 1) === quote;
    push(kind, end, sql.slice(start + 1, closed ? end - 1 : end).replaceAll(quote + quote, quote));
  }

  function word(): void {
    const end = runEnd(sql, at, WORD);
    push('word', end, sql.slice(at, end).toUpperCase());
  }

  function dollar(): void {
    DOLLAR_TAG.lastIndex = at;
    const tag = DOLLAR_TAG.exec(sql)?.[0];
    if (tag === undefined) {
      push('symbol', runEnd(sql, at + 1, WORD));
      return;
    }
    const close = sql.indexOf(tag, at + tag.length);
    const end = close < 0 ? sql.length : close + tag.length;
    push('string', end, sql.slice(at + tag.length, close < 0 ? end : close));
  }
}

function runEnd(sql: string, from: number, char: RegExp): number {
  let end = from;
  while (end < sql.length && char.test(sql.charAt(end))) end += 1;
  return end;
}

function lineEnd(sql: string, from: number): number {
  return runEnd(sql, from, /[^\n\r]/);
}

/** Comments nest. */
function commentEnd(sql: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < sql.length) {
    if (sql.startsWith('/*', at)) depth += 1;
    else if (sql.startsWith('*/', at)) depth -= 1;
    else {
      at += 1;
      continue;
    }
    at += 2;
    if (depth === 0) break;
  }
  return at;
}

function quotedEnd(sql: string, from: number, quote: string): number {
  let at = from + 1;
  while (at < sql.length) {
    if (sql.charAt(at) !== quote) at += 1;
    else if (sql.charAt(at + 1) === quote) at += 2;
    else return at + 1;
  }
  return sql.length;
}

function escapedEnd(sql: string, from: number): number {
  let at = from;
  while (at < sql.length) {
    const char = sql.charAt(at);
    if (char === '\\') at += 2;
    else if (char !== "'") at += 1;
    else if (sql.charAt(at + 1) === "'") at += 2;
    else return at + 1;
  }
  return sql.length;
}
