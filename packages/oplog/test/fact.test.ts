import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { foldRows } from '../src/fact.ts';
import { createView, type FactSource, NOTHING } from '../src/view.ts';
import { NAMES, NODES, PARTS, randomRows } from './random-rows.ts';

async function all<T>(batches: AsyncIterable<readonly T[]>): Promise<T[]> {
  const items: T[] = [];
  for await (const batch of batches) items.push(...batch);
  return items;
}

/** Everything that a source can be asked about the parts, names and nodes of the random rows. */
async function answers(source: FactSource): Promise<unknown> {
  const told: unknown[] = [];
  for (const part of PARTS) {
    told.push(await all(source.names(part)), await all(source.nodes(part)));
    for (const name of NAMES) told.push(await source.name(part, name));
    for (const node of NODES) told.push(await source.node(part, node));
  }
  return told;
}

describe('foldRows() and createView()', () => {
  it('tell the same of rows folded at once, and in layers at any cuts', async () => {
    await fc.assert(fc.asyncProperty(randomRows, fc.array(fc.nat(12), { maxLength: 3 }), async (rows, cuts) => {
      const bounds = [0, ...cuts.toSorted((a, b) => a - b), Number.MAX_SAFE_INTEGER];
      const layers = bounds.slice(1).map((end, i) => foldRows(rows.filter(({ txnSeq }) => txnSeq > (bounds[i] ?? 0) && txnSeq <= end)));
      const inLayers = createView(NOTHING, layers);
      assert.deepEqual(await answers(inLayers), await answers(createView(NOTHING, [foldRows(rows)])));
      const onTop = createView(createView(NOTHING, layers.slice(0, 1)), layers.slice(1));
      assert.deepEqual(await answers(onTop), await answers(inLayers));
    }), { numRuns: 200 });
  });

  it('names() are sorted by UTF-8 bytes and agree with name()', async () => {
    await fc.assert(fc.asyncProperty(randomRows, async (rows) => {
      const view = createView(NOTHING, [foldRows(rows)]);
      for (const part of PARTS) {
        const names = await all(view.names(part));
        assert.deepEqual(names.map(({ name }) => name), names.map(({ name }) => name).toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
        for (const fact of names) assert.deepEqual(await view.name(part, fact.name), fact);
      }
    }));
  });
});
