import { matchesCrc32, type ObjectStore, withCrc32 } from '@duckpond/delta';
import { touched, type Layer, type NodeFact } from '../fact.ts';
import { compareKeys } from '../key-order.ts';
import type { FactSource } from '../view.ts';
import { nameRow, nodeRow, type NewStateRow, runsRow, type Space, type StateRow } from './state-row.ts';
import { compareStateKeys, encodeStateRun, openStateRun } from './state-run.ts';

export const STATE_HINT_PATH = '_state/_last';
/** While all runs together are no larger, there is only one. */
const SINGLE_RUN_BYTES = 64 * 1024;
/** An older run is at least so many times the size of the newer one next to it. */
const LEVEL_RATIO = 4;
/** Merging within a commit stops at this much input; `maintain` goes on without the limit. */
export const FOREGROUND_BYTES: number = 4 * 1024 * 1024;
const MOST_RUNS = 12;
/** About what a row takes, to plan with before anything is encoded. */
const ROW_BYTES = 140;
/** How long a run that nothing refers to any more stays for readers that opened with it. */
const GRACE_MILLIS = 60 * 60 * 1000;

export interface RunRef {
  readonly path: string;
  readonly sizeBytes: number;
}

/** Where the folded state stands: a hint, as every word of it can be derived from the log. */
export interface StateHint {
  /** The Delta version whose `.crc` belongs to this state. */
  readonly deltaVersion: number;
  readonly txnSeq: number;
  readonly timestampMicros: bigint;
  /** Oldest first. */
  readonly runs: readonly RunRef[];
}

export async function readStateHint(store: ObjectStore): Promise<StateHint | undefined> {
  const bytes = await store.get(STATE_HINT_PATH);
  if (bytes === undefined || !matchesCrc32(bytes)) return undefined;
  try {
    return decodeHint(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch {
    return undefined; // Torn by a power cut: as good as absent.
  }
}

export async function writeStateHint(store: ObjectStore, hint: StateHint): Promise<void> {
  const { deltaVersion, txnSeq, timestampMicros, runs } = hint;
  const text = JSON.stringify({
    deltaVersion, txnSeq, timestamp: timestampMicros.toString(), runs: runs.map(({ path, sizeBytes }) => ({ path, size: sizeBytes })),
  });
  await store.putHint(STATE_HINT_PATH, withCrc32(text));
}

function decodeHint(value: unknown): StateHint | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { deltaVersion, txnSeq, timestamp, runs } = value as { [key: string]: unknown };
  if (
    !isCount(deltaVersion) || !isCount(txnSeq) || typeof timestamp !== 'string' || !/^\d+$/.test(timestamp)
    || !Array.isArray(runs)
  ) return undefined;
  const refs: RunRef[] = [];
  for (const run of runs as unknown[]) {
    if (typeof run !== 'object' || run === null) return undefined;
    const { path, size } = run as { [key: string]: unknown };
    if (typeof path !== 'string' || !/^_state\/[\w.-]+\.arrow$/.test(path) || !isCount(size)) return undefined;
    refs.push({ path, sizeBytes: size });
  }
  return { deltaVersion, txnSeq, timestampMicros: BigInt(timestamp), runs: refs };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** Everything that layers say, as state rows sorted for a run. Directories that were only touched get their whole fact from `view`. */
export async function rowsOfLayers(layers: readonly Layer[], view: FactSource): Promise<NewStateRow[]> {
  /** By part, then by space, in the order of the spaces. */
  const parts = new Map<string, Readonly<Record<Space, Map<string, NewStateRow>>>>();
  const put = (row: NewStateRow & { readonly space: Space }): void => {
    let part = parts.get(row.partId);
    if (part === undefined) parts.set(row.partId, part = { name: new Map(), node: new Map(), run: new Map() });
    part[row.space].set(row.key, row);
  };
  const touchedParts = new Set<string>();
  for (const layer of layers) {
    for (const [partId, names] of layer.names) for (const [name, fact] of names) put(nameRow(partId, name, fact));
    for (const [partId, nodes] of layer.nodes) {
      for (const [nodeId, fact] of nodes) put(nodeRow(partId, nodeId, fact && touchIn(layers, fact)));
    }
    for (const partId of layer.touches.keys()) touchedParts.add(partId);
    for (const [partId, nodes] of layer.runs) {
      for (const nodeId of nodes.keys()) put(runsRow(partId, nodeId, await view.runs(partId, nodeId)));
    }
  }
  for (const partId of touchedParts) {
    const fact = await view.node(partId, partId);
    if (fact !== undefined) put(nodeRow(partId, partId, fact));
  }
  return [...parts].sort(([a], [b]) => compareKeys(a, b)).flatMap(([, { name, node, run }]) =>
    [name, node, run].flatMap((rows) => [...rows.values()].sort((a, b) => compareKeys(a.key, b.key))));
}

function touchIn(layers: readonly Layer[], fact: NodeFact): NodeFact {
  return fact.kind === 'directory' ? layers.reduce((known, layer) => touched(known, layer.touches.get(known.nodeId)), fact) : fact;
}

export interface StateFileOptions {
  readonly firstTxnSeq: number;
  readonly txnSeq: number;
  /** Makes the name of the new file unlike that of any other process's. */
  readonly unique: string;
  readonly foreground: boolean;
}

/** Writes `rows` as a new run on top of `runs`, folding in older runs where the level rule asks for it. */
export async function addStateRun(
  store: ObjectStore, runs: readonly RunRef[], rows: readonly NewStateRow[], options: StateFileOptions,
): Promise<RunRef[]> {
  const kept = [...runs];
  let merged = rows;
  let sizeBytes = rows.length * ROW_BYTES;
  for (let older = kept.at(-1); older !== undefined; older = kept.at(-1)) {
    const total = kept.reduce((sum, run) => sum + run.sizeBytes, sizeBytes);
    const wanted = total <= SINGLE_RUN_BYTES || older.sizeBytes < LEVEL_RATIO * sizeBytes || kept.length >= MOST_RUNS;
    const allowed = !options.foreground || sizeBytes + older.sizeBytes <= FOREGROUND_BYTES || kept.length >= MOST_RUNS;
    if (!wanted || !allowed) break;
    const run = await openStateRun(store, older.path, older.sizeBytes);
    const olderRows: StateRow[] = [];
    for await (const batch of run.all()) olderRows.push(...batch);
    kept.pop();
    merged = overlay(olderRows, merged);
    sizeBytes += older.sizeBytes;
  }
  const bytes = encodeStateRun(kept.length === 0 ? merged.filter(isPresent) : merged);
  const path = `_state/${options.firstTxnSeq}-${options.txnSeq}-${options.unique}.arrow`;
  await store.putHint(path, bytes);
  return [...kept, { path, sizeBytes: bytes.byteLength }];
}

function isPresent(row: NewStateRow): boolean {
  return row.gone !== true;
}

/** Two sorted lists as one; where both have a key, the newer one's row stands. */
function overlay(older: readonly NewStateRow[], newer: readonly NewStateRow[]): NewStateRow[] {
  const out: NewStateRow[] = [];
  let next = 0;
  for (const row of older) {
    let over = newer[next];
    while (over !== undefined && compareStateKeys(over, row) < 0) {
      out.push(over);
      over = newer[++next];
    }
    if (over === undefined || compareStateKeys(over, row) !== 0) out.push(row);
  }
  for (let i = next; i < newer.length; i++) {
    const row = newer[i];
    if (row !== undefined) out.push(row);
  }
  return out;
}

/** Removes runs that `current` does not name, once they are old enough that no reader can still want them; a dry run only names them. */
export async function collectStateFiles(
  store: ObjectStore, current: readonly RunRef[], nowMillis: number, dryRun: boolean = false,
): Promise<readonly RunRef[]> {
  const named = new Set(current.map(({ path }) => path));
  const stale: RunRef[] = [];
  for await (const { path, sizeBytes, modifiedMillis } of store.list('_state/')) {
    if (path.endsWith('.arrow') && !named.has(path) && nowMillis - modifiedMillis > GRACE_MILLIS) stale.push({ path, sizeBytes });
  }
  if (!dryRun) for (const { path } of stale) await store.delete(path);
  return stale;
}
