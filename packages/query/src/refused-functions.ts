import { QueryError } from './errors.ts';
import type { Token } from './sql-tokens.ts';

/**
 * Table functions that do more than read. DuckDB lets them through although its configuration is locked: they turn on logs and profiles,
 * which are files, change its parser, or run a text as SQL that nothing here has seen.
 */
const REFUSED = new RegExp(`^(${[
  '(enable|disable|check)_.*', 'truncate_duckdb_logs', '(force_)?checkpoint', 'query', 'json_execute_serialized_sql', 'arrow_scan(_dumb)?',
  'seq_scan',
].join('|')})$`);

/**
 * Refuses a statement that calls such a function, wherever it stands. What follows AS is a name for something, as in `AS query(a, b)`.
 *
 * @throws QueryError `not-a-query`
 */
export function refuseFunctions(tokens: readonly Token[]): void {
  tokens.forEach((token, at) => {
    if (tokens[at + 1]?.text !== '(' || (token.kind !== 'word' && token.kind !== 'identifier')) return;
    const name = token.value.toLowerCase();
    const before = tokens[at - 1];
    if (!REFUSED.test(name) || (before?.kind === 'word' && before.value === 'AS')) return;
    throw new QueryError(
      'not-a-query', `Cannot call "${name}": the function does more than read, wanted a query that only reads`, { statement: name },
    );
  });
}
