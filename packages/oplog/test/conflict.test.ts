import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { findClash, type Footprint, nameKey } from '../src/conflict.ts';
import type { Row } from '../src/row.ts';

const DIRECTORY = 'd';
const place = { partId: DIRECTORY, txnSeq: 7, version: 2, timestampMicros: 1n } as const;
const nameRow = (name: string, operation: 'insert' | 'delete' | 'rename'): Row =>
  ({ ...place, recordKind: 'directory', nodeId: DIRECTORY, entry: { name, operation, childId: 'n', childKind: 'data' } });
const append: Row = { ...place, recordKind: 'node', nodeId: 'n', entry: { kind: 'series', sizeBytes: 1, chain: new Uint8Array(32) } };
const write: Row = { ...place, recordKind: 'node', nodeId: 'n', entry: { kind: 'data', sizeBytes: 1 } };
const audit: Row = { ...place, recordKind: 'transaction', nodeId: 'uuid', entry: { uuid: 'uuid' } };

function footprint(some: Partial<Footprint>): Footprint {
  const none: ReadonlySet<string> = new Set();
  return { changedNames: none, reliedNames: none, reliedParts: none, writtenNodes: none, appendedNodes: none, ...some };
}

describe('findClash()', () => {
  const key = new Set([nameKey(DIRECTORY, 'a')]);
  const node = new Set(['n']);
  const clashes: readonly [string, Partial<Footprint>, Row][] = [
    ['a name that both changed', { changedNames: key }, nameRow('a', 'insert')],
    ['a name that was relied on and is gone', { reliedNames: key }, nameRow('a', 'rename')],
    ['a name in a directory that is removed', { reliedParts: new Set([DIRECTORY]) }, nameRow('z', 'insert')],
    ['a node that both wrote', { writtenNodes: node }, write],
    ['a node that is removed and was written', { writtenNodes: node }, append],
    ['a node that was removed and is written', { writtenNodes: node }, nameRow('z', 'delete')],
    ['a series that was removed and is appended to', { appendedNodes: node }, nameRow('z', 'delete')],
    ['an append to what is no series any more', { appendedNodes: node }, write],
  ];
  for (const [what, own, theirs] of clashes) {
    it(`finds ${what}`, () => assert.equal(findClash(footprint(own), [audit, theirs])?.txnSeq, 7));
  }

  const none: readonly [string, Partial<Footprint>, Row][] = [
    ['another name of the same directory', { changedNames: key, reliedNames: key }, nameRow('b', 'insert')],
    ['appends to one series', { appendedNodes: node }, append],
    ['another node', { writtenNodes: new Set(['other']) }, write],
    ['a rename of a node that is written', { writtenNodes: node }, nameRow('z', 'rename')],
    ['the audit record of a transaction', { writtenNodes: new Set(['uuid']) }, audit],
  ];
  for (const [what, own, theirs] of none) {
    it(`finds none in ${what}`, () => assert.equal(findClash(footprint(own), [theirs]), undefined));
  }
});
