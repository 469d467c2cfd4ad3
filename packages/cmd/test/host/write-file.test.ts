import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { safePath, writeHostFile } from '../../src/host/write-file.ts';
import { scratchDirectory } from '../fake-effects.ts';

test('safePath() never leaves the directory', () => {
  fc.assert(fc.property(fc.array(fc.constantFrom('..', '.', 'a', '', '\0', '../..', 'x y')), (parts) => {
    let path: string;
    try {
      path = safePath('/out', parts.join('/'));
    } catch {
      return;
    }
    expect(path).toMatch(/^\/out\/[^\0]+$/);
    expect(path.split('/')).not.toContain('..');
  }));
  expect(() => safePath('/out', '../outside')).toThrow(/^Cannot write/);
  expect(() => safePath('/out', '..')).toThrow(/^Cannot write/);
});

test('writeHostFile() leaves the old file and nothing else when the content fails', async () => {
  const directory = scratchDirectory();
  const content = async function* (...parts: (string | Error)[]): AsyncIterable<Uint8Array> {
    for (const part of parts) {
      if (part instanceof Error) throw part;
      yield Buffer.from(part);
    }
  };
  await writeHostFile(directory, 'd/x', content('whole'), 'id');
  await expect(writeHostFile(directory, 'd/x', content('ha', new Error('lost')), 'id')).rejects.toThrow('lost');
  expect(readFileSync(join(directory, 'd', 'x'), 'utf8')).toBe('whole');
  expect(readdirSync(join(directory, 'd'))).toEqual(['x']);
});
