import { FACTORIES as DERIVED, type DefinedEntry } from '@duckpond/factories';
import { HYDROVU_ENTRY } from '@duckpond/hydrovu';

/** Every factory that the command knows, by its name. None is loaded before a node of it is met. */
export const FACTORIES: ReadonlyMap<string, DefinedEntry> = new Map([...DERIVED, [HYDROVU_ENTRY.name, HYDROVU_ENTRY]]);
