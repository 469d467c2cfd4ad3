import { DeltaError } from './errors.ts';

/** Rejects what is not a path of the object-store port; see `object-store.ts` for the rule. */
export function assertObjectPath(path: string): void {
  const problem = problemOf(path);
  if (problem) throw new DeltaError('storage', `Cannot use the object path ${JSON.stringify(path)}: ${problem}`, { path });
}

/** A prefix is the beginning of a path: only its whole components can be checked. */
export function assertObjectPrefix(prefix: string): void {
  const slash = prefix.lastIndexOf('/');
  if (slash >= 0) assertObjectPath(prefix.slice(0, slash));
}

const BAD_COMPONENT = /(?:^|\/)(\.{0,2})(?:\/|$)/;

function problemOf(path: string): string | undefined {
  if (path.includes('\0')) return 'it has a NUL character, which no file system takes';
  if (!path.isWellFormed()) return 'it has half a surrogate pair, which UTF-8 cannot express';
  const bad = BAD_COMPONENT.exec(path);
  return bad === null ? undefined : `it has a component "${bad[1] ?? ''}", names separated by single slashes were expected`;
}

/** Orders as the UTF-8 bytes do. `<` compares UTF-16 units, which puts U+FF5E after emoji where UTF-8 puts it before. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left === right) continue;
    const leftIsSurrogate = (left & 0xf800) === 0xd800;
    const rightIsSurrogate = (right & 0xf800) === 0xd800;
    if (leftIsSurrogate === rightIsSurrogate) return left - right;
    return leftIsSurrogate ? 1 : -1;
  }
  return a.length - b.length;
}
