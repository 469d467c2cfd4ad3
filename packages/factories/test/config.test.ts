import { expect, it } from 'vitest';
import { z } from 'zod';
import { parseConfig } from '../src/config.ts';
import { resolveReferences } from '../src/environment-reference.ts';
import { FactoryError } from '../src/errors.ts';
import { secret, source } from '../src/fields.ts';

const schema = z.strictObject({
  name: z.string(), size: z.number().int().min(1).optional(), kind: z.enum(['sine', 'line']).optional(),
  inputs: z.array(z.strictObject({ pattern: source, scope: z.string().optional() })).min(1).optional(), key: secret.optional(),
});
const messageOf = (text: string): string => {
  try {
    parseConfig(schema, text, 'a.yaml');
  } catch (error) {
    if (error instanceof FactoryError) return error.message;
    throw error;
  }
  return 'no error';
};

it.each([
  ['an unknown field, with the nearest', 'name: a\nsizes: 3\n', 'Cannot use "a.yaml": line 2: sizes: is no field, "size" was wanted?'],
  ['a wrong type', 'name: a\nsize: big\n', 'Cannot use "a.yaml": line 2: size: is "big", a number was wanted'],
  ['a missing field', 'size: 3\n', 'Cannot use "a.yaml": line 1: name: is missing, a text was wanted'],
  ['one of a few', 'name: a\nkind: cosine\n', 'Cannot use "a.yaml": line 2: kind: is "cosine", one of "sine", "line" was wanted'],
  ['a bound', 'name: a\nsize: 0\n', 'Cannot use "a.yaml": line 2: size: is 0, at least 1 was wanted'],
  ['a field of an item', 'name: a\ninputs:\n  - pattern: /a\n  - pattern: b\n',
    'Cannot use "a.yaml": line 4: inputs[1].pattern: is "b", an absolute path, a pattern or a URL such as "csv:///a/*.csv" was wanted'],
  ['a secret in plain text', 'name: a\nkey: hunter2\n',
    'Cannot use "a.yaml": line 2: key: is a secret in plain text, a reference such as "${env:NAME}" was wanted'],
  ['an empty list', 'name: a\ninputs: []\n', 'Cannot use "a.yaml": line 2: inputs: is an empty list, at least 1 item was wanted'],
  ['a field twice', 'name: a\nname: b\n', 'Cannot use "a.yaml": line 2: is no YAML: Map keys must be unique'],
])('a config with %s is refused by line and field', (_name, text, message) => {
  expect(messageOf(text)).toBe(message);
});

it('all faults are told at once', () => {
  expect(messageOf('size: 0\nkind: x\n').split('\n')).toHaveLength(4);
});

it('a secret is not in the message', () => {
  expect(messageOf('name: a\nkey: hunter2\n')).not.toContain('hunter2');
});

it('aliases that grow are refused', () => {
  const bomb = `name: a\na0: &a0 [x]\n${Array.from({ length: 12 }, (_, at) => `a${at + 1}: &a${at + 1} [${`*a${at},`.repeat(9)}]`).join('\n')}\n`;
  expect(messageOf(bomb)).toContain('Excessive alias count');
});

it('resolveReferences() takes variables, defaults and escaped dollars', () => {
  const environment = { variable: (name: string) => (name === 'A' ? '1' : undefined) };
  expect(resolveReferences('${env:A}-${env:B:-two}-$${env:A}-$x', 'field', environment)).toBe('1-two-${env:A}-$x');
  expect(() => resolveReferences('${env:B}', 'client_id', environment)).toThrow('Cannot use client_id: the environment has no variable B');
});
