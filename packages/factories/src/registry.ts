import type { Factories, FactoryEntry, FactoryMakes } from '@duckpond/pond';
import type { DefinedFactory } from './define.ts';

/** An entry of the registry whose module is loaded when a node of it is met. */
export interface DefinedEntry extends FactoryEntry {
  readonly load: () => Promise<DefinedFactory>;
}

const entry = (
  name: string, makes: FactoryMakes, summary: string, load: () => Promise<DefinedFactory>,
  more: Partial<Pick<FactoryEntry, 'isInner'>> = {},
): readonly [string, DefinedEntry] => [name, { name, makes, summary, isExecutable: false, load, ...more }];

/** The factories of this package. A program adds its own: the registry is a value. */
export const FACTORIES: ReadonlyMap<string, DefinedEntry> & Factories = new Map([
  entry('sql-derived-table', 'table', 'A table that is a query over other files',
    async () => (await import('./sql-derived.ts')).SQL_DERIVED_TABLE),
  entry('sql-derived-series', 'series', 'A series that is a query over other files',
    async () => (await import('./sql-derived.ts')).SQL_DERIVED_SERIES),
]);
