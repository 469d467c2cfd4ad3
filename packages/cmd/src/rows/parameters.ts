import { CliError } from '../errors.ts';

const WHOLE = /^-?(0|[1-9]\d*)$/;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i;

/**
 * Reads `name=value` pairs, each name once. Whole numbers, numbers, true and false are such values; all else is text, and so is `=text`.
 *
 * @throws CliError `usage`
 */
export function pairs(texts: readonly string[], option: string): ReadonlyMap<string, string> {
  const read = new Map<string, string>();
  for (const text of texts) {
    const at = text.indexOf('=');
    const name = text.slice(0, at);
    if (at < 1) throw new CliError('usage', `Cannot read ${option} "${text}": NAME=VALUE was wanted`);
    if (read.has(name)) throw new CliError('usage', `Cannot read ${option} "${text}": "${name}" is given twice, once was wanted`);
    read.set(name, text.slice(at + 1));
  }
  return read;
}

/** Parameters of a query by name. @throws CliError `usage` */
export function parametersOf(texts: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries([...pairs(texts, '--param')].map(([name, text]) => [name, valueOf(text)]));
}

function valueOf(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  if (WHOLE.test(text) && text !== '-0') {
    const value = BigInt(text);
    if (BigInt.asIntN(64, value) === value) return value;
  }
  return NUMBER.test(text) && Number.isFinite(Number(text)) ? Number(text) : text;
}

/** Names of tables, each with what it stands for. @throws CliError `usage` */
export function tablesOf(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(pairs(texts, '--table'));
}
