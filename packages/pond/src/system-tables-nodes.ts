import { type NodeFact, SYSTEM_PART } from '@duckpond/oplog';
import type { Column, Relation } from '@duckpond/query';
import { ROOT_ID } from '@duckpond/tinyfs';
import { hex, longOf, timestampOf } from './system-table-values.ts';
import type { SystemState } from './system-tables.ts';

const COLUMNS: readonly Column[] = [
  { name: 'path', type: 'VARCHAR' },
  { name: 'kind', type: 'VARCHAR' },
  { name: 'node_id', type: 'VARCHAR' },
  { name: 'part_id', type: 'VARCHAR' },
  { name: 'version', type: 'BIGINT' },
  { name: 'txn_seq', type: 'BIGINT' },
  { name: 'modified', type: 'TIMESTAMP WITH TIME ZONE' },
  { name: 'size', type: 'BIGINT' },
  { name: 'sha256', type: 'VARCHAR' },
  { name: 'target', type: 'VARCHAR' },
  { name: 'factory', type: 'VARCHAR' },
  { name: 'config', type: 'VARCHAR' },
  { name: 'attributes', type: 'VARCHAR' },
  { name: 'time_column', type: 'VARCHAR' },
  { name: 'time_min', type: 'TIMESTAMP WITH TIME ZONE' },
  { name: 'time_max', type: 'TIMESTAMP WITH TIME ZONE' },
  { name: 'rows', type: 'BIGINT' },
  { name: 'schema', type: 'VARCHAR' },
];

/** `pond.nodes`: everything in the tree, one row a path. */
export async function nodesTable({ view, tree }: SystemState): Promise<Relation> {
  const root = await view.node(ROOT_ID, ROOT_ID);
  const placed = await tree();
  return {
    columns: COLUMNS,
    parts: [{
      kind: 'rows',
      columns: COLUMNS,
      *rows() {
        if (root !== undefined) yield nodeRow('/', root);
        for (const { path, fact } of placed.values()) if (fact.partId !== SYSTEM_PART) yield nodeRow(path, fact);
      },
    }],
  };
}

function nodeRow(path: string, fact: NodeFact): readonly unknown[] {
  const isSeries = fact.kind === 'series';
  return [
    path, fact.kind, fact.nodeId, fact.partId, BigInt(fact.version), BigInt(fact.txnSeq), timestampOf(fact.timestampMicros),
    longOf(isSeries ? fact.totalBytes ?? fact.sizeBytes : fact.sizeBytes), hex(fact.sha256), fact.target, fact.factory, fact.config,
    fact.attributes, fact.timeColumn,
    timestampOf(isSeries ? fact.totalTimeMinMicros ?? fact.timeMinMicros : fact.timeMinMicros),
    timestampOf(isSeries ? fact.totalTimeMaxMicros ?? fact.timeMaxMicros : fact.timeMaxMicros),
    longOf(isSeries ? fact.totalRows ?? fact.rowCount : fact.rowCount), fact.schema,
  ];
}
