import { OplogError } from './errors.ts';
import type { Row } from './row.ts';

/**
 * Consecutive versions of a series that are read together. With a `sha256`, their rows are in that blob; without one they are
 * too large to be put together and stand for themselves, which saves readers from looking for where the next run begins.
 */
export interface RunFact {
  readonly versionMin: number;
  readonly version: number;
  readonly sha256: Uint8Array | null;
  readonly sizeBytes: number;
  readonly rowCount: number;
  readonly timeMinMicros: bigint | null;
  readonly timeMaxMicros: bigint | null;
  /** The transaction of its last version: what is behind the run is younger. */
  readonly versionTxnSeq: number;
  /** The transaction that brought the run, and its time. */
  readonly txnSeq: number;
  readonly timestampMicros: bigint;
}

/** A run to be recorded. */
export type NewRun = Omit<RunFact, 'txnSeq' | 'timestampMicros'>;

/** A part of a series: these versions, in a run or each for itself. */
export interface Span {
  /** Undefined where versions are read one by one. */
  readonly run: RunFact | undefined;
  readonly from: number;
  readonly to: number;
}

export function runFactOf({ version, txnSeq, timestampMicros, entry }: Row): RunFact {
  return {
    versionMin: entry.versionMin ?? version, version, sha256: entry.sha256 ?? null,
    sizeBytes: entry.sizeBytes ?? 0, rowCount: entry.rowCount ?? 0,
    timeMinMicros: entry.timeMinMicros ?? null, timeMaxMicros: entry.timeMaxMicros ?? null,
    versionTxnSeq: entry.versionTxnSeq ?? 0, txnSeq, timestampMicros,
  };
}

export function runRow(partId: string, nodeId: string, run: NewRun, txnSeq: number, timestampMicros: bigint): Row {
  const { versionMin, version, sha256, sizeBytes, rowCount, timeMinMicros, timeMaxMicros, versionTxnSeq } = run;
  return {
    partId, nodeId, recordKind: 'run', version, txnSeq, timestampMicros,
    entry: {
      kind: 'series', versionMin, sha256, sizeBytes, blob: sha256 === null ? null : true, rowCount, timeMinMicros, timeMaxMicros,
      versionTxnSeq,
    },
  };
}

/**
 * The runs that readers use, in the order of their versions. Runs of one series may overlap, as versions never change and any two
 * runs agree: from each version on, the one that goes furthest serves. Those that serve nowhere are superseded.
 */
export function liveRuns(runs: readonly RunFact[]): readonly RunFact[] {
  const blobs = sweep(runs.filter(({ sha256 }) => sha256 !== null));
  const isCovered = (version: number): boolean => blobs.some((run) => run.versionMin <= version && version <= run.version);
  const standing = sweep(runs.filter(({ sha256 }) => sha256 === null))
    .filter(({ versionMin, version }) => !isCovered(versionMin) || !isCovered(version));
  return [...blobs, ...standing].sort((a, b) => a.versionMin - b.versionMin || a.version - b.version);
}

function sweep(runs: readonly RunFact[]): RunFact[] {
  const sorted = [...runs].sort((a, b) => a.versionMin - b.versionMin || b.version - a.version || a.txnSeq - b.txnSeq);
  const live: RunFact[] = [];
  let next = 1;
  for (let i = 0; i < sorted.length;) {
    let best: RunFact | undefined;
    for (let run = sorted[i]; run !== undefined && run.versionMin <= next; run = sorted[++i]) {
      if (run.version >= next && (best === undefined || run.version > best.version)) best = run;
    }
    if (best === undefined) next = Math.max(next, sorted[i]?.versionMin ?? next);
    else {
      live.push(best);
      next = best.version + 1;
    }
  }
  return live;
}

/** How the versions from 1 to `newest` are read: every one once, in order. */
export function spansOf(runs: readonly RunFact[], newest: number): readonly Span[] {
  const spans: Span[] = [];
  let next = 1;
  for (const run of runs) {
    if (run.sha256 === null || run.version < next || run.versionMin > newest) continue;
    if (run.versionMin > next) spans.push({ run: undefined, from: next, to: run.versionMin - 1 });
    const from = Math.max(next, run.versionMin);
    const to = Math.min(run.version, newest);
    spans.push({ run, from, to });
    next = to + 1;
  }
  if (next <= newest) spans.push({ run: undefined, from: next, to: newest });
  return spans;
}

/** The last version that runs speak of without a gap from the first on, and its transaction: what is behind it is the tail. */
export function endOfRuns(runs: readonly RunFact[]): { readonly version: number; readonly txnSeq: number } {
  let end = { version: 0, txnSeq: 0 };
  for (const { versionMin, version, versionTxnSeq } of runs) {
    if (versionMin > end.version + 1) break;
    if (version > end.version) end = { version, txnSeq: versionTxnSeq };
  }
  return end;
}

/** Runs as the folded state keeps them. */
export function encodeRuns(runs: readonly RunFact[]): string {
  return JSON.stringify(runs.map((run) => [
    run.versionMin, run.version, run.sha256 === null ? null : Buffer.from(run.sha256).toString('base64'), run.sizeBytes, run.rowCount,
    text(run.timeMinMicros), text(run.timeMaxMicros), run.versionTxnSeq, run.txnSeq, text(run.timestampMicros),
  ]));
}

function text(micros: bigint | null): string | null {
  return micros === null ? null : micros.toString();
}

/** @throws OplogError `corrupt-state` */
export function decodeRuns(json: string | null): readonly RunFact[] {
  if (json === null) return [];
  try {
    const value: unknown = JSON.parse(json);
    if (Array.isArray(value)) return value.map(decodeRun);
  } catch (error) {
    throw brokenRuns({ cause: error });
  }
  throw brokenRuns();
}

function decodeRun(value: unknown): RunFact {
  if (!Array.isArray(value)) throw new TypeError('A run is no array');
  const [versionMin, version, sha256, sizeBytes, rowCount, timeMin, timeMax, versionTxnSeq, txnSeq, timestamp] = value as unknown[];
  return {
    versionMin: count(versionMin), version: count(version),
    sha256: typeof sha256 === 'string' ? Buffer.from(sha256, 'base64') : null,
    sizeBytes: count(sizeBytes), rowCount: count(rowCount),
    timeMinMicros: typeof timeMin === 'string' ? BigInt(timeMin) : null,
    timeMaxMicros: typeof timeMax === 'string' ? BigInt(timeMax) : null,
    versionTxnSeq: count(versionTxnSeq), txnSeq: count(txnSeq), timestampMicros: typeof timestamp === 'string' ? BigInt(timestamp) : 0n,
  };
}

function count(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new TypeError('A count in a run is none');
  return value;
}

function brokenRuns(options?: ErrorOptions): OplogError {
  return new OplogError('corrupt-state', 'Cannot read the runs of a series in the folded state: they do not decode', {}, options);
}
