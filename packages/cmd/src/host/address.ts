import { CliError } from '../errors.ts';

/** What a source or a destination of `copy` names outside the pond. */
export type HostAddress =
  | { readonly kind: 'stream' }
  /** A path of the host, or a pattern. */
  | { readonly kind: 'file'; readonly path: string };

const SCHEME = /^([a-z][a-z0-9+]*):\/{0,2}/i;

/** Reads a source: `-`, a path of the host, `host:///F`, or a URL that names a format. @throws CliError */
export function parseSource(text: string): HostAddress {
  if (text === '-') return { kind: 'stream' };
  const url = hostUrl(text);
  return url ?? { kind: 'file', path: text };
}

/** Reads a destination outside the pond; undefined when it is a path in the pond. @throws CliError */
export function parseHostDestination(text: string): HostAddress | undefined {
  return text === '-' ? { kind: 'stream' } : hostUrl(text);
}

/** `host:///p` and `host:////p` are `/p`; `host:p` starts at the working directory; `%XX` is decoded. */
function hostUrl(text: string): HostAddress | undefined {
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined || (!text.includes('://') && scheme !== 'host')) return undefined;
  if (scheme !== 'host' && scheme !== 'file' && scheme !== 'host+file') {
    const parts = scheme.split('+');
    const known = parts.includes('host') || parts.includes('table') || parts.includes('series');
    if (!known) throw new CliError('usage', `Cannot copy "${text}": the scheme is not known, a path or host:///PATH was wanted`);
    const what = `Cannot copy "${text}": this release stores bytes only, tables and series come later`;
    throw new CliError('failed', what, 'host:///FILE copies the bytes');
  }
  const rest = text.slice(text.indexOf(':') + 1);
  return { kind: 'file', path: decode(rest.startsWith('//') ? rest.replace(/^\/+/, '/') : rest, text) };
}

function decode(path: string, url: string): string {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    const what = `Cannot read URL "${url}": a % is not followed by two hex digits, %25 was wanted`;
    throw new CliError('usage', what, undefined, { cause: error });
  }
}
