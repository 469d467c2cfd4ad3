/** Statements typed so far, and what is left behind the last semicolon. */
export interface Typed {
  readonly statements: readonly string[];
  /** Space and comments alone count as nothing. */
  readonly rest: string;
  /** The quote that is open at the end, if one is, and what stands behind it. */
  readonly open: { readonly quote: string; readonly text: string } | undefined;
}

const DOLLAR = /\$(?:[A-Za-z_][A-Za-z0-9_]*)?\$/y;

/** Takes typed text apart at semicolons, which mean nothing in quotes and comments. */
export function takeApart(text: string): Typed {
  const statements: string[] = [];
  let start = 0;
  let hasWords = false;
  let open: Typed['open'];
  let at = 0;
  const skipTo = (end: number, quote: string, from: number): void => {
    if (end < 0) open = { quote, text: text.slice(from) };
    at = end < 0 ? text.length : end;
  };
  while (at < text.length) {
    const char = text.charAt(at);
    if (text.startsWith('--', at)) {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end;
    } else if (text.startsWith('/*', at)) {
      const end = text.indexOf('*/', at + 2);
      skipTo(end < 0 ? -1 : end + 2, '/*', at + 2);
    } else if (char === "'" || char === '"') {
      hasWords = true;
      const from = at + 1;
      skipTo(quoteEnd(text, from, char), char, from);
    } else if (char === '$' && dollarTag(text, at) !== undefined) {
      hasWords = true;
      const tag = dollarTag(text, at) ?? '';
      const end = text.indexOf(tag, at + tag.length);
      skipTo(end < 0 ? -1 : end + tag.length, tag, at + tag.length);
    } else if (char === ';') {
      at += 1;
      if (hasWords) statements.push(text.slice(start, at));
      start = at;
      hasWords = false;
    } else {
      if (!/\s/.test(char)) hasWords = true;
      at += 1;
    }
  }
  return { statements, rest: hasWords || open !== undefined ? text.slice(start) : '', open };
}

function quoteEnd(text: string, from: number, quote: string): number {
  for (let at = text.indexOf(quote, from); at >= 0; at = text.indexOf(quote, at + 2)) {
    if (text.charAt(at + 1) !== quote) return at + 1;
  }
  return -1;
}

function dollarTag(text: string, at: number): string | undefined {
  DOLLAR.lastIndex = at;
  return DOLLAR.exec(text)?.[0];
}

/** Whether a statement prepares a session: what it makes is there for the statements after it. */
export function isSetup(statement: string): boolean {
  return /^\s*(create\s+(or\s+replace\s+)?temp(orary)?\s|(re)?set\s+variable\s)/i.test(statement);
}
