import { QueryError } from '../errors.ts';

export type Options = Readonly<Record<string, string>>;

/** Options that every format of text understands: they are about the bytes, not about the format. */
export const BYTE_OPTIONS = ['compression', 'encoding'] as const;

/** Refuses options whose name is not in `known`. @throws QueryError `unsupported-format` */
export function checkOptions(format: string, options: Options, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const wanted = known.length === 0 ? 'it has none' : `one of ${[...known].sort().join(', ')} was wanted`;
    const message = `Cannot read ${format}: the option "${name}" is not known, ${wanted}`;
    throw new QueryError('unsupported-format', message, { format, option: name });
  }
}

/** @throws QueryError `unsupported-format` */
export function booleanOption(format: string, options: Options, name: string): boolean | undefined {
  const text = options[name]?.toLowerCase();
  if (text === undefined) return undefined;
  if (text === 'true' || text === '1' || text === 'yes') return true;
  if (text === 'false' || text === '0' || text === 'no') return false;
  throw wrongOption(format, options, name, 'true or false');
}

/** A whole number not below `least`. @throws QueryError `unsupported-format` */
export function integerOption(format: string, options: Options, name: string, least: number): number | undefined {
  const text = options[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^-?\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
  throw wrongOption(format, options, name, `a whole number from ${least} upwards`);
}

/** One of some words. @throws QueryError `unsupported-format` */
export function wordOption<T extends string>(format: string, options: Options, name: string, words: readonly T[]): T | undefined {
  const text = options[name];
  if (text === undefined) return undefined;
  const found = words.find((word) => word === text.toLowerCase());
  if (found !== undefined) return found;
  throw wrongOption(format, options, name, `one of ${words.join(', ')}`);
}

/** The error for an option whose value is not what it should be. */
export function wrongOption(format: string, options: Options, name: string, wanted: string): QueryError {
  return new QueryError(
    'unsupported-format', `Cannot read ${format}: the option "${name}" is ${JSON.stringify(options[name])}, ${wanted} was wanted`,
    { format, option: name },
  );
}

/**
 * `a:BIGINT,"b,c":DECIMAL(10,2)`: names of columns and of DuckDB's types, in order. Commas inside brackets and double quotes do not divide; the
 * type begins after the last colon outside them. @throws QueryError `unsupported-format`
 */
export function typesOption(format: string, options: Options, name: string): ReadonlyMap<string, string> | undefined {
  const text = options[name];
  if (text === undefined) return undefined;
  const types = new Map<string, string>();
  for (const piece of splitOutside(text)) {
    const found = /^\s*(?:"((?:[^"]|"")*)"|(.*?))\s*:\s*([A-Za-z_][^:]*?)\s*$/.exec(piece);
    const column = found?.[1]?.replaceAll('""', '"') ?? found?.[2];
    const type = found?.[3];
    if (column === undefined || column === '' || type === undefined) {
      throw wrongOption(format, options, name, 'column:TYPE,column:TYPE, as in id:BIGINT,name:VARCHAR,');
    }
    types.set(column, type);
  }
  return types;
}

function splitOutside(text: string): readonly string[] {
  const pieces: string[] = [];
  let depth = 0;
  let quoted = false;
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (char === '(' || char === '[') depth += 1;
    else if (char === ')' || char === ']') depth -= 1;
    else if (char === ',' && depth === 0) {
      pieces.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...pieces, text.slice(start)];
}
