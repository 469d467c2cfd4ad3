import type { FactoryEntry } from '@duckpond/pond';

export const IMPORT_FACTORY = 'import';

/** The factories of imports, for a registry; the module behind them is loaded when a node of one is met. */
const MAKES = ['directory', 'table', 'series', 'data'] as const;

export const IMPORT_ENTRIES: ReadonlyMap<string, FactoryEntry> = new Map(MAKES.map((makes) => {
  const name = makes === 'directory' ? IMPORT_FACTORY : `${IMPORT_FACTORY}-${makes}`;
  return [name, {
    name, makes, summary: 'The content of another pond, read-only; pond remote add makes it', isExecutable: false, isInner: true,
    load: async () => (await import('./import-factory.ts')).importFactory(makes),
  }];
}));
