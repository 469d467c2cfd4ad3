import { hash } from 'node:crypto';
import { broken, fieldsOf, isInteger, isText, parseDocument } from './decode.ts';
import { assertFormat } from './identity.ts';
import { BACKUP_FORMAT, entryPath } from './layout.ts';

/** A file of `store/` and where the backup has it. */
export interface StoredFile {
  /** Relative to `store/`. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Of the plain bytes, hexadecimal. */
  readonly sha256: string;
  /** The path of its pack, or of its own object. */
  readonly place: string;
}

export interface StoredPack {
  readonly path: string;
  /** Of the object as it is stored. */
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** A state of the pond. */
export interface PondState {
  readonly deltaVersion: number;
  readonly commitSha256: string;
  readonly txnSeq: number;
  readonly txnUuid: string;
  readonly timestampMicros: bigint;
}

/** One push, as the log of a backup tells it. */
export interface BackupEntry {
  readonly pondId: string;
  readonly sequence: number;
  readonly previousSha256: string | null;
  readonly writtenMicros: bigint;
  /** -1: from nothing. */
  readonly fromDeltaVersion: number;
  readonly to: PondState;
  readonly files: readonly StoredFile[];
  readonly packs: readonly StoredPack[];
  readonly base: number;
  readonly isBase: boolean;
  /** Objects that are being removed. */
  readonly pruned: readonly string[];
}

/** An entry and the hash of its bytes, which the next one carries. */
export interface ReadEntry {
  readonly entry: BackupEntry;
  readonly sha256: string;
}

export function encodeEntry(entry: BackupEntry): Uint8Array {
  const { to, pruned } = entry;
  return Buffer.from(`${JSON.stringify({
    format: BACKUP_FORMAT,
    pondId: entry.pondId,
    sequence: entry.sequence,
    previousSha256: entry.previousSha256,
    writtenMicros: entry.writtenMicros.toString(),
    from: { deltaVersion: entry.fromDeltaVersion },
    to: { ...to, timestampMicros: to.timestampMicros.toString() },
    base: entry.base,
    isBase: entry.isBase,
    packs: entry.packs,
    files: entry.files.map(({ path, sizeBytes, sha256, place }) => [path, sizeBytes, sha256, place]),
    ...(pruned.length === 0 ? {} : { pruned }),
  })}\n`);
}

/** @throws RemoteError `corrupt-object`, `unsupported-format` */
export function decodeEntry(bytes: Uint8Array, sequence: number, storeLabel: string): ReadEntry {
  const label = `${storeLabel}/${entryPath(sequence)}`;
  const fields = fieldsOf(parseDocument(bytes, label), label);
  assertFormat(fields.integer('format'), label);
  const to = fields.of('to');
  const entry: BackupEntry = {
    pondId: fields.text('pondId'),
    sequence: fields.integer('sequence'),
    previousSha256: fields.textOrNull('previousSha256'),
    writtenMicros: fields.micros('writtenMicros'),
    fromDeltaVersion: fields.of('from').integer('deltaVersion'),
    to: {
      deltaVersion: to.integer('deltaVersion'), commitSha256: to.text('commitSha256'), txnSeq: to.integer('txnSeq'),
      txnUuid: to.text('txnUuid'), timestampMicros: to.micros('timestampMicros'),
    },
    base: fields.integer('base'),
    isBase: fields.flag('isBase'),
    packs: fields.list('packs', (value) => {
      const pack = fieldsOf(value, label);
      return { path: pack.text('path'), sizeBytes: pack.integer('sizeBytes'), sha256: pack.text('sha256') };
    }),
    files: fields.list('files', (value) => fileOf(value, label)),
    pruned: fields.optional('pruned', (value) => (Array.isArray(value) ? value.filter(isText) : [])) ?? [],
  };
  if (entry.sequence !== sequence) throw broken(label, `it says that it is entry ${entry.sequence}`);
  return { entry, sha256: hash('sha256', bytes, 'hex') };
}

function fileOf(value: unknown, label: string): StoredFile {
  const [path, sizeBytes, sha256, place] = Array.isArray(value) ? value as unknown[] : [];
  const isWhole = isText(path) && isInteger(sizeBytes) && isText(sha256) && isText(place);
  // Paths become paths of the host: nothing may lead out of the store.
  if (!isWhole || !/^(_delta_log\/)?[A-Za-z0-9][A-Za-z0-9._=-]*$/.test(path)) throw broken(label, 'one of its files is none');
  return { path, sizeBytes, sha256, place };
}
