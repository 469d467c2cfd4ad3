import { DeltaError } from './errors.ts';

/**
 * Paths of files as a Delta log writes them: URI-encoded, relative to the root of the table or absolute.
 * In memory a path is decoded and canonical, so that two spellings of one file are equal.
 */

// What Spark escapes: java.net.URI leaves letters of any script alone, but no space and no control character.
const RESERVED = /[\u0000-\u0020"#%<>?[\\\]^`{|}\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/g;
const URL_START = /^[a-zA-Z][a-zA-Z0-9+.-]*:\//;

/** Whether a file is outside the table: an absolute path or a URL, as shallow clones have them. */
export function isAbsolutePath(path: string): boolean {
  return path.startsWith('/') || URL_START.test(path);
}

/** From the log's spelling to the canonical one; `undefined` when it is none. */
export function decodePath(encoded: string): string | undefined {
  let path = encoded;
  if (encoded.includes('%')) {
    try {
      path = decodeURIComponent(encoded);
    } catch {
      return undefined;
    }
  }
  if (URL_START.test(encoded)) {
    if (!path.startsWith('file:/')) return path;
    path = path.replace(/^file:(\/\/)?/, '');
  }
  if (!path.includes('//') && !path.includes('./') && !path.endsWith('/.')) return path === '' ? undefined : path;
  const components = path.split('/').filter((component, index) => component !== '.' && (component !== '' || index === 0));
  return components.join('/') || undefined;
}

/** From the canonical spelling to the log's, encoded exactly once, byte for byte as Spark does. */
export function encodePath(path: string): string {
  const encoded = path.replace(RESERVED, encodeURIComponent);
  if (!encoded.includes(':') || isAbsolutePath(path)) return encoded;
  // A colon in the first component would read as the end of a scheme.
  const end = encoded.indexOf('/');
  return end < 0 ? encoded.replaceAll(':', '%3A') : encoded.slice(0, end).replaceAll(':', '%3A') + encoded.slice(end);
}

/** @throws DeltaError `invalid-commit` unless the path is one that this package may write: relative, `/`, no empty or dotted component */
export function assertWritablePath(path: string): void {
  const isPlain = path !== '' && !path.startsWith('/') && !path.includes('\\')
    && path.split('/').every((component) => component !== '' && component !== '.' && component !== '..');
  if (isPlain && !isAbsolutePath(path) && path.isWellFormed()) return;
  throw new DeltaError(
    'invalid-commit',
    `Cannot commit the file "${path}": its path is absolute or not canonical, wanted one relative to the table`,
    { path },
  );
}
