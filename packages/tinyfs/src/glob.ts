import { cannot, quote } from './errors.ts';
import { compileName, matchName, type NamePattern } from './glob-name.ts';
import { nameFault } from './path.ts';

/** `**`, or a pattern for one name. */
export type GlobPart = { readonly kind: 'levels' } | { readonly kind: 'name'; readonly pattern: NamePattern };

/**
 * A pattern taken apart: `*`, `?`, `[a-z]`, `[!a]`, `{a,b}` (they nest) inside a name, `**` as a whole component for any
 * number of levels, backslash escapes. Each of these is one capture, in order; an alternation is one as a whole.
 */
export interface Glob {
  readonly source: string;
  readonly absolute: boolean;
  /** Whether it ends in `/`: only directories match, also those behind a link. */
  readonly directory: boolean;
  readonly parts: readonly GlobPart[];
  readonly captureCount: number;
}

export interface GlobMatchOptions {
  /** Whether wildcards match names that begin with a dot. Default false. */
  readonly hidden?: boolean;
}

const MAX_PATTERN_LENGTH = 4_096;

/** Throws `invalid-pattern`. Components are separated before anything else, so no wildcard reaches across a `/`. */
export function parseGlob(source: string): Glob {
  const invalid = (why: string): Error => cannot('invalid-pattern', 'use pattern', source, why);
  if (source.length > MAX_PATTERN_LENGTH) throw invalid(`it has ${source.length} characters, at most ${MAX_PATTERN_LENGTH} were wanted`);
  const parts: GlobPart[] = [];
  let captureCount = 0;
  for (const component of source.split('/')) {
    if (component === '' || component === '.') continue;
    if (component === '..') throw invalid('".." is not known in patterns, a path without it was wanted');
    if (component === '**') {
      parts.push({ kind: 'levels' });
      captureCount += 1;
      continue;
    }
    const pattern = compileName(component, invalid);
    const fault = pattern.literal === undefined ? undefined : nameFault(pattern.literal);
    if (fault !== undefined) throw invalid(fault);
    parts.push({ kind: 'name', pattern });
    captureCount += pattern.captureCount;
  }
  return { source, absolute: source.startsWith('/'), directory: /(^|\/)\.?$/.test(source), parts, captureCount };
}

/** Whether the text has anything that a pattern gives a meaning: wildcards, braces or escapes. */
export function hasGlobSyntax(text: string): boolean {
  return /[*?[{\\]/.test(text);
}

/** A pattern that matches exactly this path. */
export function escapeGlob(path: string): string {
  return path.replace(/[*?[\]{},\\]/g, '\\$&');
}

/** The names at the beginning that are not wildcards: everything that matches is in or below them. */
export function literalPrefix(glob: Glob): readonly string[] {
  const names: string[] = [];
  for (const part of glob.parts) {
    if (part.kind === 'levels' || part.pattern.literal === undefined) break;
    names.push(part.pattern.literal);
  }
  return names;
}

/**
 * The captures when the path matches, one for each wildcard of the pattern; undefined otherwise. Pure: names only, and
 * whether the path is a directory is not asked. `**` matches zero or more levels, and one or more at the end.
 */
export function matchGlob(glob: Glob, path: string, options: GlobMatchOptions = {}): readonly string[] | undefined {
  return matchNames(glob, path.split('/').filter((name) => name !== '' && name !== '.'), options);
}

/** As `matchGlob`, for a path in components. Bounded: each part meets each component once. */
export function matchNames(
  { parts }: Glob, names: readonly string[], { hidden = false }: GlobMatchOptions = {},
): readonly string[] | undefined {
  const failed = new Set<number>();
  const match = (part: number, at: number): readonly string[] | undefined => {
    const key = part * (names.length + 1) + at;
    if (failed.has(key)) return undefined;
    const captures = matchFrom(part, at);
    if (captures === undefined) failed.add(key);
    return captures;
  };
  const matchFrom = (index: number, at: number): readonly string[] | undefined => {
    const part = parts[index];
    if (part === undefined) return at === names.length ? [] : undefined;
    if (part.kind === 'levels') {
      let end = at;
      while (end < names.length && isVisible(names[end] ?? '', hidden)) end += 1;
      const least = index === parts.length - 1 ? at + 1 : at;
      for (; end >= least; end--) {
        const rest = match(index + 1, end);
        if (rest !== undefined) return [names.slice(at, end).join('/'), ...rest];
      }
      return undefined;
    }
    const name = names[at];
    const captures = name === undefined ? undefined : matchName(part.pattern, name, hidden);
    const rest = captures === undefined ? undefined : match(index + 1, at + 1);
    return captures === undefined || rest === undefined ? undefined : [...captures, ...rest];
  };
  return match(0, 0);
}

/** Whether `**` goes through a name. */
export function isVisible(name: string, hidden: boolean): boolean {
  return hidden || !name.startsWith('.');
}

const PLACEHOLDER = /\$(\$|\d+)/g;

/** Puts captures in the places of `$0`, `$1`, …; `$$` is a dollar sign. Throws `invalid-pattern` for a capture that is not there. */
export function expandCaptures(template: string, captures: readonly string[]): string {
  return template.replace(PLACEHOLDER, (placeholder, digits: string) => {
    if (digits === '$') return '$';
    const capture = captures[Number(digits)];
    if (capture === undefined) throw noCapture(template, placeholder, captures.length);
    return capture;
  });
}

/** For when a template is stored: throws `invalid-pattern` when a placeholder has no wildcard in the pattern. */
export function checkTemplate(template: string, glob: Glob): void {
  for (const [placeholder, digits] of template.matchAll(PLACEHOLDER)) {
    if (digits !== '$' && Number(digits) >= glob.captureCount) throw noCapture(template, placeholder, glob.captureCount, glob.source);
  }
}

function noCapture(template: string, placeholder: string, count: number, source?: string): Error {
  const wildcards = count === 0 ? 'no wildcard' : `${count} wildcard${count === 1 ? '' : 's'}`;
  const pattern = source === undefined ? 'the pattern' : `the pattern ${quote(source)}`;
  const wanted = count === 0 ? 'text without placeholders' : `$0${count === 1 ? '' : ` to $${count - 1}`}`;
  const why = `${placeholder} has no capture, ${pattern} has ${wildcards}, ${wanted} was wanted`;
  return cannot('invalid-pattern', 'use template', template, why);
}
