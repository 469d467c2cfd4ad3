import type { DuckDBType } from '@duckdb/node-api';
import type { DuckDB } from './duckdb.ts';
import { QueryError } from './errors.ts';
import { type Token, tokenize } from './sql-tokens.ts';

type Simple = (api: DuckDB['api']) => DuckDBType;

const SIMPLE: Readonly<Record<string, Simple>> = {
  'BOOLEAN': (api) => api.BOOLEAN, 'BOOL': (api) => api.BOOLEAN,
  'TINYINT': (api) => api.TINYINT, 'SMALLINT': (api) => api.SMALLINT, 'INTEGER': (api) => api.INTEGER, 'INT': (api) => api.INTEGER,
  'BIGINT': (api) => api.BIGINT, 'HUGEINT': (api) => api.HUGEINT,
  'UTINYINT': (api) => api.UTINYINT, 'USMALLINT': (api) => api.USMALLINT, 'UINTEGER': (api) => api.UINTEGER,
  'UBIGINT': (api) => api.UBIGINT, 'UHUGEINT': (api) => api.UHUGEINT,
  'FLOAT': (api) => api.FLOAT, 'REAL': (api) => api.FLOAT, 'DOUBLE': (api) => api.DOUBLE,
  'VARCHAR': (api) => api.VARCHAR, 'TEXT': (api) => api.VARCHAR, 'STRING': (api) => api.VARCHAR, 'JSON': (api) => api.VARCHAR,
  'BLOB': (api) => api.BLOB, 'BIT': (api) => api.BIT, 'UUID': (api) => api.UUID, 'BIGNUM': (api) => api.BIGNUM,
  'DATE': (api) => api.DATE, 'TIME': (api) => api.TIME, 'TIME_NS': (api) => api.TIME_NS, 'INTERVAL': (api) => api.INTERVAL,
  'TIMESTAMP': (api) => api.TIMESTAMP, 'DATETIME': (api) => api.TIMESTAMP, 'TIMESTAMP_S': (api) => api.TIMESTAMP_S,
  'TIMESTAMP_MS': (api) => api.TIMESTAMP_MS, 'TIMESTAMP_NS': (api) => api.TIMESTAMP_NS, 'TIMESTAMPTZ': (api) => api.TIMESTAMPTZ,
  'TIMETZ': (api) => api.TIMETZ, 'TIME WITH TIME ZONE': (api) => api.TIMETZ, 'TIMESTAMP WITH TIME ZONE': (api) => api.TIMESTAMPTZ,
  'TIMESTAMP WITHOUT TIME ZONE': (api) => api.TIMESTAMP, 'NULL': (api) => api.SQLNULL, 'VARIANT': (api) => api.VARIANT,
};

/**
 * The type that DuckDB's name of it means: `DECIMAL(18,3)`, `STRUCT("a b" INTEGER, c VARCHAR[])`. Its `toString()` is safe as SQL.
 * Throws `bad-input` for a name that is none.
 */
export function parseTypeName({ api }: DuckDB, name: string): DuckDBType {
  const tokens = tokenize(name);
  let at = 0;
  const parsed = type();
  if (at < tokens.length) throw unknownType();
  return parsed;

  function type(): DuckDBType {
    let result = base();
    while (take('[')) {
      const length = tokens[at]?.kind === 'number' ? integer() : undefined;
      expect(']');
      result = length === undefined ? api.LIST(result) : api.ARRAY(result, length);
    }
    return result;
  }

  function base(): DuckDBType {
    let word = wordAt(at);
    at += 1;
    if (word === 'DECIMAL' || word === 'NUMERIC') return decimal();
    if (word === 'ENUM') return api.ENUM(list(() => text('string')));
    if (word === 'STRUCT' || word === 'ROW') return api.STRUCT(Object.fromEntries(list(field)));
    if (word === 'UNION') return api.UNION(Object.fromEntries(list(field)));
    if (word === 'MAP') {
      const [key, value, ...more] = list(type);
      if (key === undefined || value === undefined || more.length > 0) throw unknownType();
      return api.MAP(key, value);
    }
    while (wordAt(at) !== '' && Object.keys(SIMPLE).some((known) => known.startsWith(`${word} ${wordAt(at)}`))) {
      word += ` ${wordAt(at)}`;
      at += 1;
    }
    if (!Object.hasOwn(SIMPLE, word)) throw unknownType();
    return SIMPLE[word]?.(api) ?? api.SQLNULL;
  }

  function decimal(): DuckDBType {
    if (tokens[at]?.text !== '(') return api.DECIMAL(18, 3);
    const [width, scale] = list(integer);
    return api.DECIMAL(width ?? 18, scale ?? 0);
  }

  function field(): [string, DuckDBType] {
    const token = tokens[at];
    if (token === undefined || (token.kind !== 'identifier' && token.kind !== 'word')) throw unknownType();
    at += 1;
    return [token.kind === 'word' ? token.text : token.value, type()];
  }

  function list<T>(item: () => T): T[] {
    expect('(');
    const items = [item()];
    while (take(',')) items.push(item());
    expect(')');
    return items;
  }

  function integer(): number {
    return Number(text('number'));
  }

  function text(kind: Token['kind']): string {
    const token = tokens[at];
    if (token?.kind !== kind) throw unknownType();
    at += 1;
    return token.value;
  }

  function wordAt(index: number): string {
    const token = tokens[index];
    return token?.kind === 'word' ? token.value : '';
  }

  function take(symbol: string): boolean {
    if (tokens[at]?.text !== symbol) return false;
    at += 1;
    return true;
  }

  function expect(symbol: string): void {
    if (!take(symbol)) throw unknownType();
  }

  function unknownType(): QueryError {
    return new QueryError('bad-input', `Cannot use the type "${name}": it is none, wanted DuckDB's name of one`, { type: name });
  }
}
