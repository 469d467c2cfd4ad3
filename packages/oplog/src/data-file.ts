import type { AddFile } from '@duckpond/delta';

/** What the tags of an `add` say about a data file, so that readers open only those that can matter. */
export interface DataFileFacts {
  /** 0: the records of one transaction; higher: merged from files of the tier below. */
  readonly tier: number;
  /** Entries in all of its records; 0 when it does not say. */
  readonly rows: number;
  readonly txnMin: number;
  readonly txnMax: number;
  /** Of the transactions in it. */
  readonly timeMinMicros: bigint;
  readonly timeMaxMicros: bigint;
  /** The parts in it, when they are few. */
  readonly parts: ReadonlySet<string> | undefined;
  /** Lower-case hex, of the whole file. */
  readonly sha256: string | undefined;
}

/** Files of other writers have no tags: then nothing is known, and nothing is left out. */
export function dataFileFacts(add: AddFile): DataFileFacts {
  const tags = add.tags ?? {};
  const txns = /^(\d+)-(\d+)$/.exec(tags['duckpond.txns'] ?? '');
  const times = /^(\d+)-(\d+)$/.exec(tags['duckpond.times'] ?? '');
  const parts = tags['duckpond.parts'];
  return {
    tier: Number(tags['duckpond.tier'] ?? 0),
    rows: Number(tags['duckpond.rows'] ?? 0),
    txnMin: txns === null ? 0 : Number(txns[1]),
    txnMax: txns === null ? Number.MAX_SAFE_INTEGER : Number(txns[2]),
    timeMinMicros: times?.[1] === undefined ? 0n : BigInt(times[1]),
    timeMaxMicros: times?.[2] === undefined ? 0n : BigInt(times[2]),
    parts: parts == null ? undefined : new Set(parts.split(',')),
    sha256: tags['duckpond.sha256'] ?? undefined,
  };
}
