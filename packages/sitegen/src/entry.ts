import type { DefinedEntry } from '@duckpond/factories';

/**
 * The generator in a registry of factories. `assetsDirectory` has what the client of this package was built to, and is asked for when it
 * is used.
 */
export function sitegenEntry(assetsDirectory: () => string): DefinedEntry {
  return {
    name: 'sitegen', makes: 'data', summary: 'A static site: pages, charts and their data', isExecutable: true,
    load: async () => (await import('./sitegen.ts')).createSitegen(assetsDirectory()),
  };
}
