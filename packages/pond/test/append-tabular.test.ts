import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TabularContent } from '@duckpond/query';
import { appendTabular } from '../src/append-tabular.ts';
import { createPond } from '../src/create-pond.ts';
import { openPond } from '../src/open-pond.ts';
import type { Pond } from '../src/pond.ts';
import { factsOf, inlineContent } from './fake-rows.ts';
import { scratchDirectories } from './scratch-directory.ts';

const scratch = scratchDirectories();

async function append(pond: Pond, content: TabularContent): Promise<unknown> {
  return pond.write(async (fs) => appendTabular(await fs.root(), '/s', content, { kind: 'series' }));
}

function typed(rows: readonly number[], ...columns: readonly (readonly [name: string, type: string])[]): TabularContent {
  const facts = { ...factsOf(rows), columns: columns.map(([name, type]) => ({ name, type, nulls: 0 })) };
  return { ...inlineContent(rows), facts };
}

describe('appendTabular()', () => {
  it('widens types and adds columns; what contradicts is refused with both schemas, and nothing is written', async () => {
    const pond = await createPond(join(scratch(), 'pond'));
    await append(pond, typed([1], ['t', 'BIGINT'], ['a', 'INTEGER']));
    await append(pond, typed([2, 3], ['T', 'BIGINT'], ['a', 'BIGINT'], ['b', 'VARCHAR']));
    const columns = [
      { name: 't', type: 'BIGINT', nulls: 0 }, { name: 'a', type: 'BIGINT', nulls: 0 }, { name: 'b', type: 'VARCHAR', nulls: 1 },
    ];
    const { txnSeq } = await pond.transaction();
    await expect(append(pond, typed([4], ['t', 'BIGINT'], ['a', 'BOOLEAN[]']))).rejects.toMatchObject({
      code: 'schema-conflict',
      message: 'Cannot append to "/s": its column "a" is BIGINT, BOOLEAN[] is brought; it has ("t" BIGINT, "a" BIGINT, "b" VARCHAR), '
        + 'the rows have ("t" BIGINT, "a" BOOLEAN[])',
    });
    expect((await pond.transaction()).txnSeq).toBe(txnSeq);
    const { node } = await pond.read(async (fs) => (await fs.root()).get('/s'));
    expect(node).toMatchObject({ version: 2, tabular: { columns, rowCount: 3 } });
  });

  it('appends of two writers commute: totals and columns add up in the order of the commits', async () => {
    const directory = join(scratch(), 'pond');
    const one = await createPond(directory);
    await append(one, inlineContent([1]));
    const two = await openPond(directory);
    await one.write(async (fs) => {
      await appendTabular(await fs.root(), '/s', inlineContent([2, 3], ['t', 'b']), { kind: 'series' });
      await append(two, inlineContent([10], ['t', 'c']));
    });
    const { node } = await two.read(async (fs) => (await fs.root()).get('/s'));
    expect(node).toMatchObject({
      version: 3,
      tabular: {
        rowCount: 4, timeMinMicros: 1n, timeMaxMicros: 10n,
        columns: [{ name: 't', nulls: 0 }, { name: 'a', nulls: 3 }, { name: 'c', nulls: 3 }, { name: 'b', nulls: 2 }],
      },
    });
  });

  it('an append that contradicts what another writer has appended meanwhile is a conflict', async () => {
    const directory = join(scratch(), 'pond');
    const one = await createPond(directory);
    await append(one, typed([1], ['t', 'BIGINT']));
    const two = await openPond(directory);
    await expect(one.write(async (fs) => {
      await appendTabular(await fs.root(), '/s', typed([2], ['t', 'BIGINT'], ['x', 'VARCHAR[]']), { kind: 'series' });
      await append(two, typed([3], ['t', 'BIGINT'], ['x', 'BOOLEAN']));
    })).rejects.toMatchObject({ code: 'conflict' });
  });
});
