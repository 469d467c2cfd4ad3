import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';

/** Whether a path has anything that a pattern gives a meaning. */
export function isHostPattern(path: string): boolean {
  return /[*?[{]/.test(path);
}

/**
 * The files of the host that match an absolute pattern, sorted: `*`, `?`, `[a-z]`, `[!a]`, `{a,b}` inside a name, `**` as a whole
 * component for any number of directories. Wildcards match no leading dot. A path that is there as it is written matches itself alone.
 */
export async function hostFiles(pattern: string): Promise<readonly string[]> {
  if (!isAbsolute(pattern)) return [];
  const literal = await stat(pattern).catch(() => undefined);
  if (literal !== undefined) return [pattern];
  if (!isHostPattern(pattern)) return [];
  const found = new Set<string>();
  await descend('/', pattern.split('/').filter((name) => name !== '' && name !== '.'), found);
  return [...found].sort();
}

async function descend(directory: string, [component, ...rest]: readonly string[], found: Set<string>): Promise<void> {
  if (component === undefined) return;
  if (component === '**') {
    await descend(directory, rest.length === 0 ? ['*'] : rest, found);
    for (const entry of await entriesOf(directory)) {
      if (entry.isDirectory() && !entry.name.startsWith('.')) await descend(join(directory, entry.name), ['**', ...rest], found);
    }
    return;
  }
  if (!isHostPattern(component)) {
    await visit(join(directory, component), rest, found);
    return;
  }
  const matches = nameMatcher(component);
  for (const { name } of await entriesOf(directory)) if (matches(name)) await visit(join(directory, name), rest, found);
}

async function visit(path: string, rest: readonly string[], found: Set<string>): Promise<void> {
  const status = await stat(path).catch(() => undefined);
  if (rest.length === 0) {
    if (status?.isFile() === true) found.add(path);
  } else if (status?.isDirectory() === true) {
    await descend(path, rest, found);
  }
}

/** What may not be listed matches nothing. */
async function entriesOf(directory: string): Promise<readonly Dirent[]> {
  return readdir(directory, { withFileTypes: true }).catch(() => []);
}

/** Whether a name matches a component of a pattern. */
function nameMatcher(component: string): (name: string) => boolean {
  const regex = new RegExp(`^${source(component)}$`, 'su');
  const hidden = component.startsWith('.');
  return (name) => (hidden || !name.startsWith('.')) && regex.test(name);
}

function source(component: string): string {
  let out = '';
  let depth = 0;
  for (let at = 0; at < component.length; at += 1) {
    const char = component.charAt(at);
    const close = char === '[' ? component.indexOf(']', at + 2) : -1;
    if (close > 0) {
      const inner = component.slice(at + 1, close);
      const negated = inner.startsWith('!') || inner.startsWith('^');
      out += `[${negated ? '^' : ''}${(negated ? inner.slice(1) : inner).replace(/[\\\]^[]/g, '\\$&')}]`;
      at = close;
    } else if (char === '*') out += '[^/]*';
    else if (char === '?') out += '[^/]';
    else if (char === '{' && component.includes('}', at)) {
      depth += 1;
      out += '(?:';
    } else if (char === '}' && depth > 0) {
      depth -= 1;
      out += ')';
    } else if (char === ',' && depth > 0) out += '|';
    else out += char.replace(/[\\^$.|?*+()[\]{}/-]/g, '\\$&');
  }
  return out + ')'.repeat(depth);
}
