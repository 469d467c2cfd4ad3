import { QueryError } from './errors.ts';
import { refuseFunctions } from './refused-functions.ts';
import { type Token, tokenize } from './sql-tokens.ts';

/** One statement of a script. */
export interface Statement {
  /** As written, behind as many line breaks as the script has before it, so that DuckDB's LINE counts from the script's first. */
  readonly sql: string;
  /** Where the body of a query begins in `sql`: behind EXPLAIN or CREATE TEMP … AS. */
  readonly body: string;
  readonly tokens: readonly Token[];
  /** `query` has rows; `setup` prepares the session: temporary views, tables, macros, variables. */
  readonly kind: 'query' | 'explain' | 'setup';
}

const QUERY_WORDS = new Set([
  'SELECT', 'FROM', 'WITH', 'VALUES', 'TABLE', 'DESCRIBE', 'DESC', 'SUMMARIZE', 'SHOW',
  'PIVOT', 'PIVOT_WIDER', 'UNPIVOT', 'PIVOT_LONGER',
]);
const READING_PRAGMAS = new Set([
  'TABLE_INFO', 'SHOW_TABLES', 'SHOW_TABLES_EXPANDED', 'SHOW', 'VERSION', 'DATABASE_LIST', 'DATABASE_SIZE', 'FUNCTIONS', 'COLLATIONS',
  'PLATFORM', 'METADATA_INFO', 'STORAGE_INFO', 'SHOW_DATABASES', 'USER_AGENT',
]);
const COMMANDS: Readonly<Record<string, string>> = {
  INSERT: 'pond append', UPDATE: 'pond copy', MERGE: 'pond copy', CREATE: 'pond copy', DELETE: 'pond rm',
  TRUNCATE: 'pond rm', DROP: 'pond rm', ALTER: 'pond copy', COPY: 'pond copy', EXPORT: 'pond export',
  IMPORT: 'pond copy', SET: 'pond config', RESET: 'pond config',
  PRAGMA: 'pond config', VACUUM: 'pond maintain', CHECKPOINT: 'pond maintain',
};

/** The statements of a script. Throws `not-a-query` for the first that is none. */
export function splitStatements(script: string): readonly Statement[] {
  const statements: Statement[] = [];
  let tokens: Token[] = [];
  for (const token of tokenize(script)) {
    if (token.kind === 'symbol' && token.text === ';') {
      if (tokens.length > 0) statements.push(statementOf(script, tokens));
      tokens = [];
    } else {
      tokens.push(token);
    }
  }
  if (tokens.length > 0) statements.push(statementOf(script, tokens));
  return statements;
}

/** The error of a statement that is not a query. `word` is its first one. */
export function notAQuery(word: string): QueryError {
  const statement = word.toUpperCase();
  const command = COMMANDS[statement];
  const wanted = command === undefined ? 'wanted a query' : `wanted a query; \`${command}\` does that`;
  return new QueryError(
    'not-a-query', `Cannot run "${statement}": the statement is not a query, ${wanted}`,
    { statement, ...(command === undefined ? {} : { command }) },
  );
}

function statementOf(script: string, tokens: readonly Token[]): Statement {
  const [first] = tokens;
  const last = tokens.at(-1);
  if (first === undefined || last === undefined) throw new QueryError('query-failed', 'Cannot run "": the statement is empty');
  const { kind, bodyAt } = classify(tokens);
  refuseFunctions(tokens);
  const lines = script.slice(0, first.start).split('\n').length - 1;
  const padding = '\n'.repeat(lines);
  return {
    sql: padding + script.slice(first.start, last.end),
    body: script.slice(tokens[bodyAt]?.start ?? last.end, last.end),
    tokens: tokens.slice(bodyAt),
    kind,
  };
}

function classify(tokens: readonly Token[]): { kind: Statement['kind']; bodyAt: number } {
  const word = (at: number): string => {
    const token = tokens[at];
    return token?.kind === 'word' ? token.value : '';
  };
  let open = 0;
  while (tokens[open]?.text === '(') open += 1;
  const first = word(open);
  if (QUERY_WORDS.has(first)) return { kind: 'query', bodyAt: 0 };
  if (open > 0) throw notAQuery(tokens[open]?.text ?? '(');
  if (first === 'EXPLAIN') {
    let at = 1;
    if (word(at) === 'ANALYZE') at += 1;
    if (tokens[at]?.text === '(') at = closing(tokens, at) + 1;
    const inner = classify(tokens.slice(at));
    if (inner.kind !== 'query') throw notAQuery(tokens[at]?.text ?? 'EXPLAIN');
    return { kind: 'explain', bodyAt: at + inner.bodyAt };
  }
  if (first === 'PRAGMA' && READING_PRAGMAS.has(word(1)) && !tokens.some(({ text }) => text === '=')) return { kind: 'query', bodyAt: 0 };
  if ((first === 'SET' || first === 'RESET') && word(1) === 'VARIABLE') return { kind: 'setup', bodyAt: tokens.length };
  if (first === 'CREATE') {
    let at = 1;
    if (word(at) === 'OR' && word(at + 1) === 'REPLACE') at += 2;
    if (word(at) === 'TEMP' || word(at) === 'TEMPORARY') {
      const what = word(at + 1);
      if (what === 'MACRO' || what === 'FUNCTION') return { kind: 'setup', bodyAt: tokens.length };
      if (what === 'VIEW' || what === 'TABLE') {
        const as = tokens.findIndex(({ kind, value }) => kind === 'word' && value === 'AS');
        return { kind: 'setup', bodyAt: as < 0 ? tokens.length : as + 1 };
      }
    }
  }
  throw notAQuery(tokens[0]?.text ?? '');
}

function closing(tokens: readonly Token[], from: number): number {
  let depth = 0;
  for (let at = from; at < tokens.length; at += 1) {
    if (tokens[at]?.text === '(') depth += 1;
    if (tokens[at]?.text === ')') depth -= 1;
    if (depth === 0) return at;
  }
  return tokens.length;
}
