import type * as Api from '@duckdb/node-api';
import type { DuckDBPreparedStatement, DuckDBValue } from '@duckdb/node-api';
import { QueryError } from './errors.ts';

/** Values for `?`, `$1` (a list) or `$name` (a record): text, numbers, bigints, booleans, null, Date, Uint8Array and DuckDB's own. */
export type Parameters = readonly unknown[] | Readonly<Record<string, unknown>>;

const INT64 = 64;

/** Binds the parameters that a statement has. Throws `bad-parameter` for one that is missing or of no use. */
export function bindParameters(prepared: DuckDBPreparedStatement, params: Parameters | undefined, api: typeof Api): void {
  for (let at = 1; at <= prepared.parameterCount; at += 1) {
    const name = prepared.parameterName(at);
    const value = valueNamed(params, name);
    if (value === undefined) {
      throw new QueryError('bad-parameter', `Cannot bind "$${name}": no value was given, wanted one for each parameter`, { name });
    }
    const converted = parameterValue(api, name, value);
    if (typeof converted === 'bigint' && BigInt.asIntN(INT64, converted) === converted) prepared.bindBigInt(at, converted);
    else prepared.bindValue(at, converted);
  }
}

function valueNamed(params: Parameters | undefined, name: string): unknown {
  if (params === undefined) return undefined;
  if (isList(params)) return params[Number(name) - 1];
  return Object.hasOwn(params, name) ? params[name] : undefined;
}

function isList(params: Parameters): params is readonly unknown[] {
  return Array.isArray(params);
}

function parameterValue(api: typeof Api, name: string, value: unknown): DuckDBValue {
  switch (typeof value) {
    case 'string': case 'number': case 'bigint': case 'boolean': return value;
    case 'object':
      if (value === null) return null;
      if (value instanceof Date) return new api.DuckDBTimestampTZValue(BigInt(value.getTime()) * 1000n);
      if (value instanceof Uint8Array) return new api.DuckDBBlobValue(value);
      if (Array.isArray(value)) return api.listValue(value.map((item) => parameterValue(api, name, item)));
      return value as DuckDBValue;
    default:
      throw new QueryError(
        'bad-parameter', `Cannot bind "$${name}": a ${typeof value} is no value of SQL, wanted text, a number or null`, { name },
      );
  }
}
