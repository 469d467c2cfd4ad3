import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { FACTORIES as DERIVED, type DefinedEntry } from '@duckpond/factories';
import { HYDROVU_ENTRY } from '@duckpond/hydrovu';
import type { Factories, FactoryEntry } from '@duckpond/pond';
import { IMPORT_ENTRIES } from '@duckpond/remote';
import { sitegenEntry } from '@duckpond/sitegen';

const SITEGEN = sitegenEntry(() => {
  const here = typeof __filename === 'string' ? pathToFileURL(__filename).href : import.meta.url;
  const [built = '', source = ''] = ['../site', '../../sitegen/dist/client'].map((path) => fileURLToPath(new URL(path, here)));
  return existsSync(built) ? built : source;
});

/** Every factory that the command knows, by its name. None is loaded before a node of it is met. */
export const FACTORIES: ReadonlyMap<string, DefinedEntry> = new Map([
  ...DERIVED, [HYDROVU_ENTRY.name, HYDROVU_ENTRY], [SITEGEN.name, SITEGEN],
]);

/** The same and those whose nodes commands make, from no config of the user's. */
export const ALL_FACTORIES: Factories = new Map<string, FactoryEntry>([...FACTORIES, ...IMPORT_ENTRIES]);
