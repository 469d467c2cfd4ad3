import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { assertObjectPath, assertObjectPrefix, compareUtf8 } from '../src/object-path.ts';

describe('compareUtf8()', () => {
  it('agrees with the comparison of the encoded bytes', () => {
    const text = fc.string({ unit: fc.oneof(fc.constantFrom('a', '/', 'é', '\ue000', '\uffee', '🦆', '𝄞'), fc.string({ minLength: 1, unit: 'binary' })) });
    fc.assert(fc.property(text, text, (a, b) => {
      assert.equal(Math.sign(compareUtf8(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }), { numRuns: 2000 });
  });
});

describe('assertObjectPath()', () => {
  it('accepts names that URLs and shells would not', () => {
    for (const path of ['a', 'a/b', '...', '.a', 'a b', '%2F', 'a\nb', 'C:\\x', '🦆']) assertObjectPath(path);
  });

  it('rejects empty, "." and ".." components, NUL and half a surrogate pair, saying which', () => {
    assert.throws(() => { assertObjectPath('a//b'); }, /"a\/\/b": it has a component ""/);
    assert.throws(() => { assertObjectPath('a/../b'); }, /component "\.\."/);
    assert.throws(() => { assertObjectPath('a\0'); }, /NUL/);
    assert.throws(() => { assertObjectPath('\udc00'); }, /surrogate/);
  });
});

describe('assertObjectPrefix()', () => {
  it('checks whole components only', () => {
    for (const prefix of ['', 'a', 'a/', 'a/.', 'a/..b']) assertObjectPrefix(prefix);
    for (const prefix of ['/', '/a', 'a//', '../', 'a/../b']) assert.throws(() => { assertObjectPrefix(prefix); });
  });
});
