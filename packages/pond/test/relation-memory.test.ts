import type { OplogView } from '@duckpond/oplog';
import type { Relation } from '@duckpond/query';
import type { FileNode } from '@duckpond/tinyfs';
import { expect, it } from 'vitest';
import { rememberedRelations } from '../src/relation-memory.ts';

it('rememberedRelations() gives the same object for the same bounds in the same state of the log, and reads failures again', async () => {
  let reads = 0;
  let isBroken = false;
  const relations = rememberedRelations(() => {
    reads += 1;
    return isBroken ? Promise.reject(new Error('broken')) : Promise.resolve<Relation>({ parts: [] });
  });
  const [files, otherFiles] = [new Map(), new Map()];
  const view = (txnSeq: number, of = files): OplogView => ({ txnSeq, files: of }) as unknown as OplogView;
  const file = (id: string, version: number): FileNode => ({ id, version }) as unknown as FileNode;
  const first = await relations(view(3), file('a', 1), {});
  expect(await relations(view(3), file('a', 1), {})).toBe(first);
  const others = await Promise.all([
    relations(view(2), file('a', 1), {}), relations(view(3), file('b', 1), {}), relations(view(3), file('a', 2), {}),
    relations(view(3), file('a', 1), { version: 1 }), relations(view(3), file('a', 1), { timeStartMicros: 1n }),
    relations(view(3), file('a', 1), { timeEndMicros: 1n }), relations(view(3, otherFiles), file('a', 1), {}),
  ]);
  expect(new Set([first, ...others]).size).toBe(8);
  isBroken = true;
  await expect(relations(view(4), file('a', 1), {})).rejects.toThrow('broken');
  isBroken = false;
  await expect(relations(view(4), file('a', 1), {})).resolves.toEqual({ parts: [] });
  expect(reads).toBe(10);
});
