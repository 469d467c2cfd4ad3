import type { DefinedEntry } from '@duckpond/factories';

/** The collector in a registry of factories: its module is loaded when it is met. */
export const HYDROVU_ENTRY: DefinedEntry = {
  name: 'hydrovu', makes: 'data', summary: 'Collects readings from the HydroVu API into a series for each device', isExecutable: true,
  load: async () => (await import('./factory.ts')).HYDROVU,
};
