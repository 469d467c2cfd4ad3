import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { factoryFacts } from '@duckpond/factories';
import { expect, it } from 'vitest';
import { FACTORIES } from '../src/factories.ts';
import { factoryPages } from '../src/factory-pages.ts';

const docs = new URL('../../../docs/factories/', import.meta.url);
const entries = [...FACTORIES.values()].filter(({ isInner }) => isInner !== true);

it('docs/factories is what the schemas say (npm run docs:factories)', async () => {
  const pages = await factoryPages();
  expect(existsSync(docs) ? readdirSync(docs).sort() : []).toEqual(Object.keys(pages).sort());
  for (const [name, text] of Object.entries(pages)) expect(readFileSync(new URL(name, docs), 'utf8')).toBe(text);
});

it.each(entries)('$name is what its entry says, and its example can be used', async (entry) => {
  const factory = await entry.load();
  expect(factory).toMatchObject({ makes: entry.makes, definition: { name: entry.name, summary: entry.summary } });
  expect('run' in factory).toBe(entry.isExecutable);
  const { fields, example, schema } = factoryFacts(factory);
  await factory.check(example, 'example.yaml');
  expect(fields.length).toBeGreaterThan(0);
  expect(fields.filter(({ field, summary }) => summary === '' && !/[.[*]/.test(field)).map(({ field }) => field), 'fields without a meaning').toEqual([]);
  expect(schema).toMatchObject({ type: 'object', additionalProperties: false });
});
