import { hash } from 'node:crypto';

/** What the UUID of a transaction is made from: its audit facts but the UUID, as its record has them. */
export interface NamedTransaction {
  readonly pondId: string;
  readonly txnSeq: number;
  readonly timestampMicros: bigint;
  readonly startedMicros: bigint;
  readonly durationMicros: number;
  readonly user: string;
  readonly host: string;
  /** JSON, as in the audit record. */
  readonly command: string;
  readonly changes: string;
}

/**
 * The UUID of a transaction: version 8 (RFC 9562), 122 bits of the SHA-256 of its other audit facts. It is not stored: 16 random bytes
 * would be most of what is left of an old transaction (docs/formats/entry.md).
 */
export function transactionUuid(facts: NamedTransaction): string {
  const { pondId, txnSeq, timestampMicros, startedMicros, durationMicros, user, host, command, changes } = facts;
  const name = [pondId, txnSeq, timestampMicros.toString(), startedMicros.toString(), durationMicros, user, host, command, changes];
  const hex = hash('sha256', JSON.stringify(name), 'hex');
  const variant = (8 + (Number.parseInt(hex.slice(16, 17), 16) & 3)).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
