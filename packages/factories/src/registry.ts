import type { Factories, FactoryEntry, FactoryMakes } from '@duckpond/pond';
import type { DefinedFactory } from './define.ts';

/** An entry of the registry whose module is loaded when a node of it is met. */
export interface DefinedEntry extends FactoryEntry {
  readonly load: () => Promise<DefinedFactory>;
}

const entry = (
  name: string, makes: FactoryMakes, summary: string, load: () => Promise<DefinedFactory>,
  more: Partial<Pick<FactoryEntry, 'isInner' | 'isExecutable'>> = {},
): readonly [string, DefinedEntry] => [name, { name, makes, summary, isExecutable: false, load, ...more }];

/** The factories of this package. A program adds its own: the registry is a value. */
export const FACTORIES: ReadonlyMap<string, DefinedEntry> & Factories = new Map([
  entry('sql-derived-table', 'table', 'A table that is a query over other files',
    async () => (await import('./sql-derived.ts')).SQL_DERIVED_TABLE),
  entry('sql-derived-series', 'series', 'A series that is a query over other files',
    async () => (await import('./sql-derived.ts')).SQL_DERIVED_SERIES),
  entry('sql-derived-each', 'directory', 'A directory with a series for each match of a pattern, by one query',
    async () => (await import('./sql-derived-each.ts')).SQL_DERIVED_EACH),
  entry('column-rename', 'series', 'Columns renamed, cast or left out', async () => (await import('./column-rename.ts')).COLUMN_RENAME),
  entry('timeseries-join', 'series', 'Series side by side: one row for each time, gaps are null',
    async () => (await import('./timeseries-join.ts')).TIMESERIES_JOIN),
  entry('timeseries-pivot', 'series', 'The same columns of many series side by side, by time',
    async () => (await import('./timeseries-pivot.ts')).TIMESERIES_PIVOT),
  entry('synthetic-timeseries', 'series', 'A series of generated waves, for demonstrations and tests',
    async () => (await import('./synthetic-timeseries.ts')).SYNTHETIC_TIMESERIES),
  entry('dynamic-dir', 'directory', 'A directory of computed nodes, all in one config',
    async () => (await import('./dynamic-dir.ts')).DYNAMIC_DIR),
  entry('template', 'directory', 'A directory of texts: a template filled in for each match of a pattern',
    async () => (await import('./template-factory.ts')).TEMPLATE),
  entry('template-level', 'directory', 'A directory among the pages of a template',
    async () => (await import('./template-page.ts')).TEMPLATE_LEVEL, { isInner: true }),
  entry('template-page', 'data', 'One page of a template',
    async () => (await import('./template-page.ts')).TEMPLATE_PAGE, { isInner: true }),
  entry('scribble', 'directory', 'A tree of directories and tables made by chance, for tests',
    async () => (await import('./scribble.ts')).SCRIBBLE),
  entry('scribble-table', 'table', 'A table of a scribble tree',
    async () => (await import('./scribble.ts')).SCRIBBLE_TABLE, { isInner: true }),
  entry('inbox', 'data', 'Takes in files of the host as they are put into a directory, as bytes or as rows',
    async () => (await import('./inbox/inbox.ts')).INBOX, { isExecutable: true }),
  entry('logfile-ingest', 'data', 'Takes in logs of the host as they grow and rotate, byte by byte',
    async () => (await import('./logfile/logfile-ingest.ts')).LOGFILE_INGEST, { isExecutable: true }),
  entry('temporal-reduce', 'directory', 'Rollups of series at several resolutions, kept up to date by what changed',
    async () => (await import('./rollup/temporal-reduce.ts')).TEMPORAL_REDUCE),
  entry('temporal-reduce-part', 'directory', 'A directory of a temporal-reduce node',
    async () => (await import('./rollup/temporal-reduce.ts')).TEMPORAL_REDUCE_PART, { isInner: true }),
  entry('temporal-reduce-series', 'series', 'One resolution of a temporal-reduce node',
    async () => (await import('./rollup/temporal-reduce-series.ts')).TEMPORAL_REDUCE_SERIES, { isInner: true }),
]);
