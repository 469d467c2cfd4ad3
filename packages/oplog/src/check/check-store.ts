import type { ObjectStore } from '@duckpond/delta';
import { createDataReader } from '../data-reader.ts';
import { foldRows } from '../fact.ts';
import { openHead } from '../head.ts';
import { createView, type FactSource, NOTHING } from '../view.ts';
import { checkBlobs } from './check-blobs.ts';
import { checkDataFiles } from './check-data-files.ts';
import { checkHistory } from './check-history.ts';
import { checkLog, type CheckedLog } from './check-log.ts';
import { runBlobs } from './check-runs.ts';
import { checkState } from './check-state.ts';
import type { Finding } from './finding.ts';
import { type BlobUse, createHistory, type History } from './history.ts';
import { type CheckOptions, createInspection, type Inspection } from './inspection.ts';

/** What a store turned out to be. */
export interface StoreCheck {
  readonly findings: readonly Finding[];
  /** The newest state that can be had; undefined when there is none. */
  readonly facts: FactSource | undefined;
  /** Whether `facts` is the newest state, with nothing of it missing. */
  readonly isNewest: boolean;
  /** Whether commits and records are all as they were written, so that what is derived can be made from them. */
  readonly isSound: boolean;
  /** The newest transaction that can be read; 0 when none can. */
  readonly transactions: number;
  readonly versions: number;
  readonly blobs: number;
  readonly checkedBytes: number;
  /** For a quick check, which reads no records: the blobs that the caller knows of. */
  readonly checkMoreBlobs: (blobs: Iterable<BlobUse>) => Promise<StoreCheck>;
}

/** Checks everything in a store that can be checked without knowing paths. Changes nothing; only an abort makes it reject. */
export async function checkStore(store: ObjectStore, options: CheckOptions): Promise<StoreCheck> {
  const inspection = createInspection(store, options);
  const log = await checkLog(inspection);
  const history = createHistory(new Set([...log.transactions].filter(([, { rows }]) => rows !== undefined).map(([txnSeq]) => txnSeq)));
  const isWhole = log.state !== undefined && await checkDataFiles(inspection, log.state.files, history) && !inspection.quick;
  if (isWhole) checkHistory(inspection, log, history);
  const blobs = await checkBlobs(inspection, [...history.blobs.values(), ...runBlobs(history)]);
  await checkState(inspection, log, isWhole ? history : undefined);
  const fromRecords = log.state === undefined ? undefined : createView(NOTHING, [foldRows(history.rows())]);
  const facts = isWhole ? fromRecords : await remainingState(store) ?? fromRecords;
  return resultOf(inspection, log, history, { facts, isWhole, blobs });
}

function resultOf(
  inspection: Inspection, log: CheckedLog, history: History,
  { facts, isWhole, blobs }: { readonly facts: FactSource | undefined; readonly isWhole: boolean; readonly blobs: number },
): StoreCheck {
  const { findings, checkedBytes } = inspection;
  const isNewest = facts !== undefined && log.version === log.newest && (isWhole || inspection.quick);
  return {
    findings: [...findings], facts, isNewest, blobs, checkedBytes,
    isSound: isNewest && isWhole && findings.every(({ severity, file }) => severity === 'derived' || file.startsWith('_blobs/')),
    transactions: log.txnSeqAt.get(log.version) ?? 0,
    versions: history.rows().filter(({ recordKind, version }) => recordKind === 'node' && version > 0).length,
    async checkMoreBlobs(more) {
      return resultOf(inspection, log, history, { facts, isWhole, blobs: blobs + await checkBlobs(inspection, more) });
    },
  };
}

/** The state as reading gives it when the records do not give it all. */
async function remainingState(store: ObjectStore): Promise<FactSource | undefined> {
  try {
    return (await openHead(store, createDataReader(store))).view;
  } catch {
    return undefined; // The reason is among the findings.
  }
}
