import type { FormatUrl } from '@duckpond/query';
import { CliError } from '../errors.ts';

/** Kinds of files in the pond that a copy can be told to make. */
export type CopyKind = 'data' | 'table' | 'series';

/** How the rows of a source are read. */
export interface RowReading {
  readonly kind: 'table' | 'series';
  /** Undefined when the name of the file tells. */
  readonly format: string | undefined;
  readonly options: Readonly<Record<string, string>>;
}

/** What a source or a destination of `copy` names outside the pond. */
export type HostAddress =
  | { readonly kind: 'stream' }
  /** A path of the host, or a pattern. */
  | { readonly kind: 'file'; readonly path: string };

/** A source, and how its rows are read when it is not its bytes that are copied. */
export type HostSourceAddress = HostAddress & { readonly rows?: RowReading };

/** What `--kind` and `--format` say of sources that do not say it themselves. */
export interface SourceDefaults {
  readonly kind: CopyKind | undefined;
  readonly format: string | undefined;
}

const SCHEME = /^([a-z][a-z0-9+]*):\/{0,2}/i;
/** Names of the standard input as a file. */
const STANDARD_INPUT: ReadonlySet<string> = new Set(['/dev/stdin', '/dev/fd/0', '/proc/self/fd/0']);

/** Reads a source: `-`, a path of the host, `host:///F`, or a URL that names a kind. @throws CliError */
export async function parseSource(text: string, defaults: SourceDefaults): Promise<HostSourceAddress> {
  if (text === '-') return { kind: 'stream', ...rowsBy(text, defaults) };
  const scheme = schemeOf(text);
  if (scheme === undefined) return { kind: 'file', path: text, ...rowsBy(text, defaults) };
  if (isBytes(scheme)) return { kind: 'file', path: bytesPath(text), ...rowsBy(text, defaults) };
  return rowSource(text, scheme, defaults);
}

/** Reads a destination outside the pond; undefined when it is a path in the pond. @throws CliError */
export function parseHostDestination(text: string): HostAddress | undefined {
  if (text === '-') return { kind: 'stream' };
  const scheme = schemeOf(text);
  if (scheme === undefined) return undefined;
  if (isBytes(scheme)) return { kind: 'file', path: bytesPath(text) };
  if (!scheme.startsWith('host+')) throw unknownScheme(text);
  const what = `Cannot copy to "${text}": a destination is a directory, host:///DIR was wanted`;
  throw new CliError('usage', what, '--format names the format');
}

/** `host:p` is a URL, too; of other schemes only what has two slashes. */
function schemeOf(text: string): string | undefined {
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  return scheme === undefined || (!text.includes('://') && scheme !== 'host') ? undefined : scheme;
}

function isBytes(scheme: string): boolean {
  return scheme === 'host' || scheme === 'file' || scheme === 'host+file';
}

function unknownScheme(text: string): CliError {
  return new CliError('usage', `Cannot copy "${text}": the scheme is not known, a path or host:///PATH was wanted`);
}

/** `host:///p` and `host:////p` are `/p`; `host:p` starts at the working directory; `%XX` is decoded. */
function bytesPath(text: string): string {
  const rest = text.slice(text.indexOf(':') + 1);
  return decode(rest.startsWith('//') ? rest.replace(/^\/+/, '/') : rest, text);
}

function rowsBy(text: string, { kind, format }: SourceDefaults): { readonly rows?: RowReading } {
  if (kind === 'table' || kind === 'series') return { rows: { kind, format: inputFormat(format), options: {} } };
  if (format === undefined) return {};
  throw new CliError('usage', `Cannot copy "${text}" as "${format}": bytes have no format, --kind series or --kind table was wanted, too`);
}

async function rowSource(text: string, scheme: string, defaults: SourceDefaults): Promise<HostSourceAddress> {
  if (!scheme.split('+').includes('host') && !/(^|\+)(table|series)$/.test(scheme)) throw unknownScheme(text);
  const url = await readUrl(text);
  if (!url.host) {
    const what = `Cannot copy "${text}": it names something in the pond, host+${scheme}:// was wanted for a file of the host`;
    throw new CliError('usage', what);
  }
  const kind = url.kind ?? defaults.kind;
  if (kind === undefined || kind === 'data') {
    const hint = `host+${url.format ?? 'csv'}+series:// or host+${url.format ?? 'csv'}+table:// stores its rows, host:// its bytes`;
    const what = `Cannot copy "${text}": it says how to read rows and not what they become, +table or +series was wanted`;
    throw new CliError('usage', what, hint);
  }
  const options = url.compression === undefined ? url.options : { compression: url.compression, ...url.options };
  const rows: RowReading = { kind, format: url.format ?? inputFormat(defaults.format), options };
  return STANDARD_INPUT.has(url.path) ? { kind: 'stream', rows } : { kind: 'file', path: url.path, rows };
}

async function readUrl(text: string): Promise<FormatUrl> {
  const { isQueryError, parseFormatUrl } = await import('@duckpond/query');
  try {
    return parseFormatUrl(text);
  } catch (error) {
    if (isQueryError(error, 'unsupported-format')) throw new CliError('usage', error.message, undefined, { cause: error });
    throw error;
  }
}

/** The names that formats have on the way out, too. */
function inputFormat(format: string | undefined): string | undefined {
  return format === 'xlsx' ? 'excel' : format;
}

function decode(path: string, url: string): string {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    const what = `Cannot read URL "${url}": a % is not followed by two hex digits, %25 was wanted`;
    throw new CliError('usage', what, undefined, { cause: error });
  }
}
