import { QueryError } from './errors.ts';

/** Every format that a URL can name, in the order in which messages list them. */
export const FORMATS = [
  'csv', 'tsv', 'json', 'ndjson', 'parquet', 'arrow', 'excel', 'oteljson', 'weblog', 'excelhtml', 'file', 'delta',
] as const;
export type Format = (typeof FORMATS)[number];

export const COMPRESSIONS = ['gzip', 'zstd', 'bzip2'] as const;
export type Compression = (typeof COMPRESSIONS)[number];

export const TABULAR_KINDS = ['table', 'series'] as const;
export type TabularKind = (typeof TABULAR_KINDS)[number];

/** `[host+][FORMAT][+COMPRESSION][+table|+series]:///PATH[?name=value&…]`, taken apart. At least one of `host`, `format`, `kind` is there. */
export interface FormatUrl {
  /** The path is one of the host, not of the pond. */
  readonly host: boolean;
  /** Undefined when the URL names none: then the name of the file tells. `host:///p` alone is `file`. */
  readonly format?: Format;
  readonly compression?: Compression;
  readonly kind?: TabularKind;
  /** Absolute, decoded; may be a pattern. */
  readonly path: string;
  readonly options: Readonly<Record<string, string>>;
}

const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//;
const OPTIONS_START = /\?(?=[A-Za-z_][A-Za-z0-9_.-]*=)/;
const OPTION_NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
const SHAPE = '[host+]FORMAT[+gzip|+zstd|+bzip2][+table|+series]:///PATH[?option=value]';

/** Whether `text` is written as a URL, of whatever scheme; a plain path never is. */
export function isUrl(text: string): boolean {
  return SCHEME.test(text);
}

/** @throws QueryError `unsupported-format` that names the part which is wrong */
export function parseFormatUrl(text: string): FormatUrl {
  const scheme = SCHEME.exec(text)?.[1];
  if (scheme === undefined) throw wrong(text, `it has no scheme, ${SHAPE} was wanted`);
  const rest = text.slice(scheme.length + 3);
  const start = OPTIONS_START.exec(rest)?.index ?? rest.length;
  const path = pathOf(text, rest.slice(0, start));
  return { ...partsOf(text, scheme.toLowerCase()), path, options: optionsOf(text, rest.slice(start + 1)) };
}

/** The canonical text of a URL: parsing it gives `url` again. */
export function printFormatUrl(url: FormatUrl): string {
  const bare = url.host && url.format === 'file' && url.compression === undefined && url.kind === undefined;
  const parts = [url.host ? 'host' : undefined, bare ? undefined : url.format, url.compression, url.kind];
  const options = Object.entries(url.options).map(([name, value]) => `${name}=${escape(value, /[%&]/g)}`);
  const path = escape(url.path, /%|\?(?=[A-Za-z_][A-Za-z0-9_.-]*=)/g);
  return `${parts.filter((part) => part !== undefined).join('+')}://${path}${options.length > 0 ? `?${options.join('&')}` : ''}`;
}

type Parts = Pick<FormatUrl, 'host' | 'format' | 'compression' | 'kind'>;

function partsOf(text: string, scheme: string): Parts {
  const words = scheme.split('+');
  const host = words[0] === 'host';
  let next = host ? 1 : 0;
  const take = <T extends string>(known: readonly T[]): T | undefined => {
    const found = known.find((word) => word === words[next]);
    if (found !== undefined) next += 1;
    return found;
  };
  const format = take(FORMATS);
  const compression = take(COMPRESSIONS);
  const kind = take(TABULAR_KINDS);
  const left = words[next];
  if (left !== undefined) throw wrongWord(text, left, next === (host ? 1 : 0));
  if (compression !== undefined && format === undefined && kind === undefined) {
    throw wrong(text, `"${compression}" stands without a format, one of ${FORMATS.join(', ')} was wanted before it`);
  }
  return {
    host,
    ...(format !== undefined ? { format } : host && kind === undefined ? { format: 'file' } : {}),
    ...(compression === undefined ? {} : { compression }),
    ...(kind === undefined ? {} : { kind }),
  };
}

function wrongWord(text: string, word: string, first: boolean): QueryError {
  const known: readonly string[] = ['host', ...FORMATS, ...COMPRESSIONS, ...TABULAR_KINDS];
  if (known.includes(word)) return wrong(text, `"${word}" stands in the wrong place or twice, ${SHAPE} was wanted`);
  if (first) return wrong(text, `the format "${word}" is not known, one of ${[...FORMATS, ...TABULAR_KINDS].join(', ')} was wanted`);
  return wrong(text, `"${word}" is neither a compression (${COMPRESSIONS.join(', ')}) nor a kind (${TABULAR_KINDS.join(', ')})`);
}

function pathOf(text: string, raw: string): string {
  if (raw === '') throw wrong(text, 'it has no path, an absolute path after :// was wanted');
  if (!raw.startsWith('/')) {
    throw wrong(text, `"${raw.split('/')[0]}" stands where a server would be named, three slashes before the path were wanted`);
  }
  return decode(text, raw, 'path').replace(/^\/+/, '/');
}

function optionsOf(text: string, raw: string): Record<string, string> {
  const options = new Map<string, string>();
  for (const piece of raw === '' ? [] : raw.split('&')) {
    const equals = piece.indexOf('=');
    const name = equals < 0 ? piece : piece.slice(0, equals);
    if (equals < 0) throw wrong(text, `the option "${name}" has no value, name=value was wanted (%26 for an & inside a value)`);
    if (!OPTION_NAME.test(name)) throw wrong(text, `"${name}" is no name of an option, letters, digits and _ were wanted`);
    if (options.has(name)) throw wrong(text, `the option "${name}" is given twice, once was wanted`);
    options.set(name, decode(text, piece.slice(equals + 1), `option "${name}"`));
  }
  return Object.fromEntries(options);
}

function decode(text: string, raw: string, part: string): string {
  try {
    const decoded = decodeURIComponent(raw);
    if (!decoded.includes('\0')) return decoded;
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    const what = `in the ${part} a % is not followed by the hex digits of UTF-8, %25 was wanted for the sign itself`;
    throw wrong(text, what, { cause: error });
  }
  throw wrong(text, `the ${part} has a null byte, which no file name has`);
}

function escape(text: string, special: RegExp): string {
  return text.replace(special, (found) => encodeURIComponent(found[0] ?? ''));
}

function wrong(text: string, why: string, options?: ErrorOptions): QueryError {
  return new QueryError('unsupported-format', `Cannot read URL ${JSON.stringify(text)}: ${why}`, { url: text }, options);
}
