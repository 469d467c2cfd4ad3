import type { Oplog, OplogView, ScanRecords } from '@duckpond/oplog';
import type { Relation } from '@duckpond/query';
import type { Setting } from './pond.ts';
import { configTable, filesTable } from './system-tables-log.ts';
import { entriesTable, transactionsTable, versionsTable } from './system-tables-records.ts';
import { nodesTable } from './system-tables-nodes.ts';
import type { PlacedNode } from './tree-index.ts';

/** One state of a pond, as its system tables see it. What is behind the functions is read when a query first needs it, and once. */
export interface SystemState {
  readonly oplog: Oplog;
  readonly view: OplogView;
  /** The directory of the host that has the files of the log. */
  readonly storeDirectory: string;
  readonly tree: () => Promise<ReadonlyMap<string, PlacedNode>>;
  readonly settings: () => Promise<readonly Omit<Setting, 'accepts'>[]>;
  readonly scan: () => Promise<ScanRecords>;
}

const TABLES: Readonly<Record<string, (state: SystemState) => Promise<Relation>>> = {
  'pond.config': configTable,
  'pond.entries': entriesTable,
  'pond.files': filesTable,
  'pond.nodes': nodesTable,
  'pond.transactions': transactionsTable,
  'pond.versions': versionsTable,
};

/** The qualified names of the system tables, sorted. */
export const SYSTEM_TABLES: readonly string[] = Object.keys(TABLES);

/** The system table of a name as it stands in a query, in whatever case; undefined when there is none. */
export async function systemTable(name: string, state: SystemState): Promise<Relation | undefined> {
  const key = name.toLowerCase();
  return Object.hasOwn(TABLES, key) ? TABLES[key]?.(state) : undefined;
}
