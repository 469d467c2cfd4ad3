import { cannot, quote } from './errors.ts';

/** A path taken apart. `..` stays in `steps`: whether the step before it is a directory only the file system knows. */
export interface ParsedPath {
  readonly absolute: boolean;
  /** Names and `..`, without `.` and empty components. */
  readonly steps: readonly string[];
  /** Whether it can only be a directory: it ends in `/`, `.` or `..`. */
  readonly directory: boolean;
}

export interface ParseOptions {
  /** What is being done with the path, for the message. */
  readonly verb?: string;
  /** The path that the error is about, when it is not the text itself. */
  readonly shown?: string;
  /** Whether more `..` than names are allowed, as in the target of a link. Default false. */
  readonly climb?: boolean;
}

export const MAX_NAME_BYTES = 255;

/** An absolute path of which nothing is left out. */
const NORMAL = /^(?:\/[^/.][^/]*)+$/;

/** What is wrong with a name, or undefined: any Unicode without `/` and NUL, not `.` or `..`, at most 255 bytes of UTF-8. */
export function nameFault(name: string): string | undefined {
  if (name === '') return 'a name is empty';
  if (name === '.' || name === '..') return `${quote(name)} is not a name`;
  if (name.includes('/')) return `the name ${quote(name)} has a "/" in it`;
  if (name.includes('\0')) return `the name ${quote(name)} has a NUL in it`;
  // Every UTF-16 unit is at most 3 bytes, so only long names are counted.
  if (name.length > MAX_NAME_BYTES / 3 && Buffer.byteLength(name) > MAX_NAME_BYTES) {
    return `the name ${quote(name)} has ${Buffer.byteLength(name)} bytes, at most ${MAX_NAME_BYTES} were wanted`;
  }
  if (!name.isWellFormed()) return `the name ${quote(name)} is not Unicode text`;
  return undefined;
}

export function isName(text: string): boolean {
  return nameFault(text) === undefined;
}

/**
 * Takes a path apart: absolute or relative, `.` and empty components vanish, a trailing slash demands a directory.
 * Throws `invalid-path` for a name that cannot be one and `above-root` for more `..` than names before them.
 */
export function parsePath(text: string, options: ParseOptions = {}): ParsedPath {
  const { verb = 'use', shown = text } = options;
  const steps: string[] = [];
  let depth = 0;
  let last = '';
  for (last of text.split('/')) {
    if (last === '' || last === '.') continue;
    if (last === '..') {
      depth -= 1;
      if (depth < 0 && options.climb !== true) {
        throw cannot('above-root', verb, shown, '".." leads above the start, a path below it was wanted');
      }
    } else {
      const fault = nameFault(last);
      if (fault !== undefined) throw cannot('invalid-path', verb, shown, fault);
      depth += 1;
    }
    steps.push(last);
  }
  return { absolute: text.startsWith('/'), steps, directory: last === '' || last === '.' || last === '..' };
}

/**
 * The shortest text of a path: no empty component, no `.`, no trailing slash, and `..` taken literally with the name
 * before it. The start itself is `/` or the empty text. Throws as `parsePath` does.
 */
export function normalizePath(text: string): string {
  const { absolute, steps } = parsePath(text);
  return (absolute ? '/' : '') + collapse(steps).join('/');
}

/** A path as seen from a directory: normalised, and an absolute path is itself. */
export function joinPath(directory: string, path: string): string {
  return normalizePath(path.startsWith('/') ? path : `${directory}/${path}`);
}

/** The path of a child. Both are trusted to be normalised: nothing is checked. */
export function childPath(directory: string, name: string): string {
  if (directory === '') return name;
  return directory === '/' ? `/${name}` : `${directory}/${name}`;
}

/** The last name of a path, or undefined when there is none (`/`, the empty path). */
export function basename(path: string): string | undefined {
  return collapse(parsePath(path).steps).at(-1);
}

/** The path without its last name: `/` for what is in the root and for the root, the empty text for a bare name. */
export function dirname(path: string): string {
  const { absolute, steps } = parsePath(path);
  return (absolute ? '/' : '') + collapse(steps).slice(0, -1).join('/');
}

/** The path as given, made absolute for messages: nothing is resolved, `.` and empty components are left out. */
export function showPath(directory: string, text: string): string {
  if (NORMAL.test(text)) return text;
  const steps = text.split('/').filter((step) => step !== '' && step !== '.');
  const shown = childPath(text.startsWith('/') ? '/' : directory, steps.join('/'));
  if (steps.length === 0) return text.startsWith('/') ? '/' : directory;
  // What makes it the path of a directory stays in sight.
  return shown + (/\/\.?$/.exec(text)?.[0] ?? '');
}

/** Order of names: by their UTF-8 bytes, which is by code point and not the order of JavaScript strings. */
export function compareNames(a: string, b: string): number {
  const common = Math.min(a.length, b.length);
  for (let i = 0; i < common; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Order of a walk: component by component, parents before children. */
export function comparePaths(a: string, b: string): number {
  const left = a.split('/');
  const right = b.split('/');
  for (const [i, name] of left.entries()) {
    const other = right[i];
    if (other === undefined) return 1;
    const order = compareNames(name, other);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** Surrogates stand for code points above all others, yet are not the highest UTF-16 units. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

function collapse(steps: readonly string[]): string[] {
  const names: string[] = [];
  for (const step of steps) {
    if (step === '..') names.pop();
    else names.push(step);
  }
  return names;
}
