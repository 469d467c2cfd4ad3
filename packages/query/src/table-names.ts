import { type Token, tokenize } from './sql-tokens.ts';

/** Behind these come tables, until the next clause. */
const TABLE_CLAUSES = new Set([
  'FROM', 'JOIN', 'TABLE', 'PIVOT', 'PIVOT_WIDER', 'UNPIVOT', 'PIVOT_LONGER', 'DESCRIBE', 'DESC', 'SUMMARIZE', 'SHOW',
]);
const OTHER_CLAUSES = new Set([
  'SELECT', 'WHERE', 'GROUP', 'HAVING', 'ORDER', 'LIMIT', 'OFFSET', 'ON', 'USING', 'VALUES', 'WINDOW', 'QUALIFY', 'WITH', 'SET', 'CREATE',
]);
/** A bracket behind these is not that of a call. */
const JOINING = new Set([...TABLE_CLAUSES, 'LATERAL']);

/**
 * What stands in quotes of either kind where a table can be named, as far as the tokens of a script tell: all such names, and as few
 * others as possible. A text that is a value is none.
 */
export function tableNames(script: string): readonly string[] {
  const tokens = tokenize(script);
  const names = new Set<string>();
  /** Of each open bracket, whether tables are named there. */
  const outer: boolean[] = [];
  let isTables = false;
  tokens.forEach((token, at) => {
    const before = tokens[at - 1];
    if (token.text === ';') {
      outer.length = 0;
      isTables = false;
    } else if (opens(token)) {
      outer.push(isTables);
      isTables &&= token.text === '(' && (before === undefined || startsTable(before));
    } else if (closes(token)) {
      isTables = outer.pop() ?? false;
    } else if (token.kind === 'word') {
      if (TABLE_CLAUSES.has(token.value)) isTables = true;
      else if (OTHER_CLAUSES.has(token.value)) isTables = false;
    } else if (isTables && isQuoted(token) && before !== undefined && startsTable(before)) {
      names.add(token.value);
    }
  });
  return [...names];
}

function startsTable(before: Token): boolean {
  return before.text === ',' || before.text === '(' || (before.kind === 'word' && JOINING.has(before.value));
}

function isQuoted({ kind }: Token): boolean {
  return kind === 'string' || kind === 'identifier';
}

function opens({ kind, text }: Token): boolean {
  return kind === 'symbol' && (text === '(' || text === '[' || text === '{');
}

function closes({ kind, text }: Token): boolean {
  return kind === 'symbol' && (text === ')' || text === ']' || text === '}');
}
