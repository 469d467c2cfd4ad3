import { posix } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  basename, compareNames, comparePaths, dirname, isName, isTinyFsError, joinPath, normalizePath, parsePath, quote,
} from '../src/index.ts';
import { throws } from './fails.ts';

const step = fc.oneof(
  { weight: 5, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 }) },
  fc.constantFrom('', '.', '..', 'a', 'b', '...', '\u{1f600}'),
);
const path = fc.tuple(fc.boolean(), fc.array(step, { maxLength: 8 }))
  .map(([absolute, steps]) => (absolute ? '/' : '') + steps.join('/'))
  .filter((text) => !text.includes('\0'));

function attempt(text: string): string | undefined {
  try {
    return normalizePath(text);
  } catch (error) {
    if (isTinyFsError(error, 'above-root')) return undefined;
    throw error;
  }
}

describe('parsePath()', () => {
  it('drops "." and empty components and keeps ".."', () => {
    expect(parsePath('//a///./b/../c')).toEqual({ absolute: true, steps: ['a', 'b', '..', 'c'], directory: false });
    expect(parsePath('')).toEqual({ absolute: false, steps: [], directory: true });
    expect(parsePath('/')).toEqual({ absolute: true, steps: [], directory: true });
  });

  it('knows paths that can only be directories', () => {
    for (const text of ['a/', 'a/.', 'a/..', '.', 'a//', 'a/./']) expect(parsePath(text).directory, text).toBe(true);
    for (const text of ['a', './a', '../a'.slice(3), 'a/...']) expect(parsePath(text).directory, text).toBe(false);
  });

  it('rejects ".." above the start, where POSIX would stay', async () => {
    for (const text of ['..', '/..', '/../top', '/a/../../top', 'a/../..']) await throws(() => parsePath(text), 'above-root');
    expect(parsePath('../a', { climb: true }).steps).toEqual(['..', 'a']);
  });

  it('rejects what cannot be a name', async () => {
    await throws(() => parsePath('a\0b'), 'invalid-path', 'Cannot use "a\\u0000b": the name "a\\u0000b" has a NUL in it');
    await throws(() => parsePath(`/d/${'x'.repeat(256)}`), 'invalid-path');
    await throws(() => parsePath('\u20ac'.repeat(86)), 'invalid-path');
    await throws(() => parsePath('\ud83d'), 'invalid-path');
    expect(parsePath('x'.repeat(255)).steps).toHaveLength(1);
    expect(parsePath('\u20ac'.repeat(85)).steps).toHaveLength(1);
  });
});

describe('normalizePath()', () => {
  it.each([
    ['/a/../b', '/b'], ['./a/./b', 'a/b'], ['/a/b/c', '/a/b/c'], ['//a/b/', '/a/b'], ['a/..', ''], ['/a/..', '/'], ['/', '/'], ['', ''],
  ])('%j is %j', (given, wanted) => expect(normalizePath(given)).toBe(wanted));

  it('is idempotent, and agrees with node:path wherever ".." stays below the start', () => {
    fc.assert(fc.property(path, (text) => {
      const normal = attempt(text);
      if (normal === undefined) return;
      expect(attempt(normal)).toBe(normal);
      const oracle = posix.normalize(text).replace(/(?<=.)\/$/, '');
      expect(normal === '' ? '.' : normal).toBe(oracle);
    }));
  });

  it('has an error exactly when a prefix has more ".." than names', () => {
    fc.assert(fc.property(path, (text) => {
      let depth = 0;
      let least = 0;
      for (const part of text.split('/')) {
        depth += part === '..' ? -1 : part === '' || part === '.' ? 0 : 1;
        least = Math.min(least, depth);
      }
      expect(attempt(text) === undefined).toBe(least < 0);
    }));
  });
});

describe('joinPath(), basename(), dirname()', () => {
  it('take paths apart and put them together', () => {
    fc.assert(fc.property(path, (text) => {
      const normal = attempt(text);
      const name = normal === undefined ? undefined : basename(normal);
      if (normal === undefined || name === undefined) return;
      expect(joinPath(dirname(normal), name)).toBe(dirname(normal) === '' ? `/${name}` : normal);
      expect(isName(name)).toBe(true);
    }));
  });

  it('have an answer at the ends', () => {
    expect(basename('/a/b/')).toBe('b');
    expect(basename('/')).toBeUndefined();
    expect(basename('')).toBeUndefined();
    expect([dirname('/a'), dirname('/'), dirname('a'), dirname('a/b')]).toEqual(['/', '/', '', 'a']);
    expect([joinPath('/a', '../b'), joinPath('/a', '/b'), joinPath('/', 'b'), joinPath('/a', '')]).toEqual(['/b', '/b', '/b', '/a']);
  });
});

describe('compareNames()', () => {
  const bytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

  it('is the order of UTF-8 bytes', () => {
    const unit = fc.constantFrom('a', 'b', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}', '\u00e9');
    const name = fc.string({ unit, maxLength: 4 });
    fc.assert(fc.property(name, name, (a, b) => {
      expect(Math.sign(compareNames(a, b))).toBe(bytes(a, b));
    }));
    fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      expect(Math.sign(compareNames(a, b))).toBe(bytes(a, b));
    }));
  });

  it('is not the order of JavaScript strings', () => {
    expect(['\u{1f600}', '\uffff'].sort()).toEqual(['\u{1f600}', '\uffff']);
    expect(['\u{1f600}', '\uffff'].sort(compareNames)).toEqual(['\uffff', '\u{1f600}']);
  });

  it('of components is the order of a walk', () => {
    expect(['/a-b', '/a/b', '/a', '/a.b', '/'].sort(comparePaths)).toEqual(['/', '/a', '/a/b', '/a-b', '/a.b']);
  });
});

describe('quote()', () => {
  it('leaves nothing that a terminal would obey', () => {
    expect(quote('a"b\\c\n\u001b[31m\u202e\u0085')).toBe('"a\\"b\\\\c\\n\\u001b[31m\\u202e\\u0085"');
    expect(quote('Übersee \u{1f600}')).toBe('"Übersee \u{1f600}"');
  });
});
