import fc from 'fast-check';
import type { NewEntry } from '../src/entry.ts';
import type { Row } from '../src/row.ts';

const id = (kind: string, number: number): string => `01900000-0000-7000-8000-${kind}${String(number).padStart(11, '0')}`;
export const PARTS: readonly string[] = [0, 1, 2].map((number) => id('a', number));
export const NODES: readonly string[] = [...PARTS, ...[0, 1, 2, 3].map((number) => id('b', number))];
export const NAMES: readonly string[] = ['a', 'b', 'é', '\uffff', '\u{1f600}'];

/** Now and then not there. */
function optional<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.option(value, { nil: null });
}

const nameEntry: fc.Arbitrary<NewEntry> = fc.record({
  name: fc.constantFrom(...NAMES),
  childId: fc.constantFrom(...NODES),
  childKind: fc.constantFrom('data', 'directory', 'series', 'symlink'),
  childHome: optional(fc.constantFrom(...PARTS)),
  operation: fc.constantFrom('insert', 'delete', 'rename'),
});

const nodeEntry: fc.Arbitrary<NewEntry> = fc.record({
  kind: fc.constantFrom('data', 'directory', 'series', 'symlink'),
  sizeBytes: optional(fc.nat()),
  sha256: optional(fc.uint8Array({ minLength: 32, maxLength: 32 })),
  inline: optional(fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constant(new Uint8Array(30_000).fill(7)))),
  blob: fc.constantFrom(true, null),
  totalBytes: optional(fc.nat()),
  target: optional(fc.string({ unit: 'grapheme' })),
  attributes: optional(fc.constantFrom('{}', '{"a":"b"}')),
  timeMinMicros: optional(fc.bigInt({ min: 0n, max: 1n << 52n })),
  timeMaxMicros: optional(fc.bigInt({ min: 0n, max: 1n << 52n })),
});

const change: fc.Arbitrary<Omit<Row, 'txnSeq' | 'timestampMicros'>> = fc.oneof(
  fc.record({ partId: fc.constantFrom(...PARTS), version: fc.nat(50), entry: nameEntry })
    .map(({ partId, version, entry }) => ({ partId, recordKind: 'directory' as const, nodeId: partId, version, entry })),
  fc.record({ partId: fc.constantFrom(...PARTS), nodeId: fc.constantFrom(...NODES), version: fc.nat(50), entry: nodeEntry })
    .map((row) => ({ ...row, recordKind: 'node' as const })),
);

/** The rows of some transactions, in the order in which they happened. */
export const randomRows: fc.Arbitrary<readonly Row[]> = fc.array(fc.array(change, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 12 })
  .map((transactions) => transactions.flatMap((rows, i) => rows.map((row): Row => ({ ...row, txnSeq: i + 1, timestampMicros: BigInt(i + 1) * 1_000_000n }))));

/** A row without the fields that are not there, for comparing. */
export function plainRow(row: Row): unknown {
  const entry = Object.fromEntries(Object.entries(row.entry)
    .filter(([key, value]) => value !== null && value !== undefined && !['nodeId', 'txnSeq', 'version', 'timestampMicros'].includes(key))
    .map(([key, value]) => [key, value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value]));
  return { ...row, entry };
}
