import { type AddFile, decodeAdd, decodeDomainMetadata, decodeMetadata, decodeProtocol, decodeTransaction, fileKey } from './action.ts';
import { DeltaError } from './errors.ts';
import { isFields } from './fields.ts';
import { parseJson, stringifyJson } from './json.ts';
import { checksumPath } from './log-path.ts';
import type { ObjectStore } from './object-store.ts';
import { matchesCrc32, withCrc32 } from './json-crc32.ts';
import { EMPTY_STATE, type TableState } from './replay.ts';
import type { Snapshot } from './snapshot.ts';
import { encodePath } from './table-path.ts';

/**
 * The version checksum `<version>.crc` (PROTOCOL.md, "Version Checksum File"): a JSON summary of a state. With `allFiles` it
 * is a state without its tombstones, which opens faster than any checkpoint; it may always be absent, torn or incomplete.
 */

/** Above this many files the summary is written without `allFiles`, because a checkpoint is then cheaper to read. */
const FILES_MAX = 2_000;

export function encodeChecksum(snapshot: Snapshot): Uint8Array {
  const files = [...snapshot.files.values()];
  const newest = snapshot.tail.at(-1);
  const txnId = newest?.version === snapshot.version ? newest.commitInfo?.txnId : undefined;
  return withCrc32(stringifyJson({
    txnId,
    tableSizeBytes: sizeOf(files),
    numFiles: files.length,
    numMetadata: 1,
    numProtocol: 1,
    setTransactions: [...snapshot.transactions.values()],
    domainMetadata: [...snapshot.domainMetadata.values()],
    metadata: snapshot.metadata,
    protocol: snapshot.protocol,
    allFiles: files.length > FILES_MAX ? undefined : files.map((add) => ({ ...add, path: encodePath(add.path) })),
  }));
}

/**
 * The state that the file describes, without tombstones; `undefined` when it does not describe all of it or contradicts itself.
 */
export function decodeChecksum(version: number, bytes: Uint8Array): TableState | undefined {
  const place = { code: 'corrupt-log', file: checksumPath(version), line: 0 } as const;
  if (!matchesCrc32(bytes)) return undefined;
  try {
    const value = parseJson(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
    if (!isFields(value)) return undefined;
    const { allFiles, setTransactions, domainMetadata } = value;
    if (!Array.isArray(allFiles) || !Array.isArray(setTransactions) || !Array.isArray(domainMetadata)) return undefined;
    const adds = allFiles.map((add: unknown) => decodeAdd(add, place));
    const files = new Map(adds.map((add) => [fileKey(add), add]));
    const isWhole = value['numMetadata'] === 1 && value['numProtocol'] === 1 && value['numFiles'] === adds.length
      && value['tableSizeBytes'] === sizeOf(adds) && files.size === adds.length;
    if (!isWhole) return undefined;
    const transactions = setTransactions.map((transaction: unknown) => decodeTransaction(transaction, place));
    const domains = domainMetadata.map((domain: unknown) => decodeDomainMetadata(domain, place)).filter((domain) => !domain.removed);
    return {
      ...EMPTY_STATE,
      protocol: decodeProtocol(value['protocol'], place),
      metadata: decodeMetadata(value['metadata'], place),
      files,
      transactions: new Map(transactions.map((transaction) => [transaction.appId, transaction])),
      domainMetadata: new Map(domains.map((domain) => [domain.domain, domain])),
    };
  } catch (error) {
    if (error instanceof DeltaError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * Writes `<version>.crc` unless there is one. It is not made durable: whoever finds a torn one reads the log instead.
 *
 * @returns whether it was written
 */
export async function writeChecksum(store: ObjectStore, snapshot: Snapshot): Promise<boolean> {
  const path = checksumPath(snapshot.version);
  if (await store.head(path) !== undefined) return false;
  await store.putHint(path, encodeChecksum(snapshot));
  return true;
}

function sizeOf(files: readonly AddFile[]): number {
  return files.reduce((sum, file) => sum + file.size, 0);
}
