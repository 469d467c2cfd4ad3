import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { encodeEntries, Entry, type NewEntry } from '../src/entry.ts';
import { Record } from '../src/record.ts';
import { type Shape } from '../src/shape.ts';

// The format pages are part of the contract: what they show must be what the code does.
const pages: readonly (readonly [string, Shape, NewEntry])[] = [
  ['entry', Entry, { name: 'a.csv', operation: 'insert' }],
  ['record', Record, { kind: 'data', sizeBytes: 5, inline: new TextEncoder().encode('21.5\n') }],
];

describe.each(pages)('docs/formats/%s.md', (name, shape, example) => {
  const page = readFileSync(new URL(`../../../docs/formats/${name}.md`, import.meta.url), 'utf8');

  test('has the columns of the shape, in order, with their types', () => {
    const fields = page.slice(page.indexOf('## Fields')).split('\n## ')[0] ?? '';
    const rows = [...fields.matchAll(/^\| `(\w+)` \| (\w+) \| (yes|no) \| .+ \|$/gm)].map((match) => match.slice(1));
    expect(rows).toEqual(shape.columns.map((column) => [column.name, column.type, column.nullable ? 'yes' : 'no']));
  });

  test('shows the bytes that encodeEntries() writes', () => {
    const block = /```hex\n([^`]*)```/.exec(page)?.[1] ?? '';
    const hex = block
      .split('\n')
      .map((line) => line.slice(6, 53).replaceAll(' ', ''))
      .join('');
    expect(hex).toBe(Buffer.from(encodeEntries([example])).toString('hex'));
  });
});
