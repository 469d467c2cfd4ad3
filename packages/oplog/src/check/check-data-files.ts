import { createHash } from 'node:crypto';
import type { AddFile } from '@duckpond/delta';
import { dataFileFacts } from '../data-file.ts';
import { createDataReader } from '../data-reader.ts';
import { compareKeys } from '../key-order.ts';
import type { Record } from '../record.ts';
import { keyOf, type Row, rowsOfRecord } from '../row.ts';
import { checkRow } from './check-row.ts';
import { MOST_USES } from './finding.ts';
import { type History, refOf } from './history.ts';
import { attempt, type Inspection, reasonOf } from './inspection.ts';

/**
 * Every live data file: there, of its size and SHA-256, every record and entry understood, and what tags, statistics and
 * records promise to those who skip is true of the rows. One bad file stops nothing.
 *
 * @returns whether all of them are whole: only then `history` has everything
 */
export async function checkDataFiles(inspection: Inspection, files: ReadonlyMap<string, AddFile>, history: History): Promise<boolean> {
  const sorted = [...files.values()].sort((a, b) => dataFileFacts(a).txnMin - dataFileFacts(b).txnMin || compareKeys(a.path, b.path));
  if (!inspection.quick) for (const add of sorted) inspection.expect(add.size);
  let isWhole = true;
  for (const add of sorted) if (!await checkDataFile(inspection, add, history)) isWhole = false;
  return isWhole;
}

async function checkDataFile(inspection: Inspection, add: AddFile, history: History): Promise<boolean> {
  const { store } = inspection;
  const { txnMin, txnMax, sha256 } = dataFileFacts(add);
  const txns = { first: txnMin, last: txnMax };
  const meta = await attempt(inspection, 'damaged', add.path, async () => ({ found: await store.head(add.path) }));
  if (meta === undefined) return false;
  if (meta.found?.sizeBytes !== add.size) {
    const what = meta.found === undefined ? 'it is missing' : `it has ${meta.found.sizeBytes} bytes`;
    inspection.blame(meta.found === undefined ? 'lost' : 'damaged', add.path, `${what}, ${add.size} bytes were written`, { txns });
    return false;
  }
  if (inspection.quick) return true;
  const actual = await attempt(inspection, 'damaged', add.path, () => hashOf(inspection, add.path));
  if (actual === undefined) return false;
  const holds = sha256 === undefined || actual === sha256;
  let rows: readonly Row[] | undefined;
  let records: readonly Record[] = [];
  let failure = `Cannot read "${add.path}": its bytes do not match their SHA-256 in the log, the bytes as written were wanted`;
  try {
    records = await createDataReader(store).records(add);
    rows = records.flatMap(rowsOfRecord);
  } catch (error) {
    if (inspection.isAborted) throw error;
    if (holds) failure = reasonOf(add.path, error);
  }
  if (!holds || rows === undefined) {
    const versions = rows?.filter(({ recordKind }) => recordKind === 'node');
    const known = versions === undefined ? { txns } : { uses: versions.slice(0, MOST_USES).map(refOf), useCount: versions.length };
    inspection.report({ severity: 'damaged', file: add.path, message: failure, ...known });
    return false;
  }
  checkPromises(inspection, add, records, rows);
  for (const row of rows) {
    checkRow(inspection, add.path, row);
    history.add(add, row);
  }
  return true;
}

async function hashOf(inspection: Inspection, path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of inspection.store.read(path)) {
    hash.update(chunk);
    inspection.advance(chunk.byteLength);
  }
  return hash.digest('hex');
}

/** What lets readers skip a file or a record must hold for every row in it. */
function checkPromises(inspection: Inspection, add: AddFile, records: readonly Record[], rows: readonly Row[]): void {
  const wrong = (what: string): void => inspection.blame('damaged', add.path, what);
  const { txnMin, txnMax, timeMinMicros, timeMaxMicros, parts } = dataFileFacts(add);
  for (const { partId, txnSeq, timestampMicros: time } of rows) {
    if (txnSeq < txnMin || txnSeq > txnMax) wrong(`it has transaction ${txnSeq}, its tag says ${txnMin} to ${txnMax}`);
    if (time < timeMinMicros || (timeMaxMicros > 0n && time > timeMaxMicros)) wrong('it has a time outside those that its tag names');
    if (parts?.has(partId) === false) wrong(`it has part ${partId}, which its tag does not name`);
  }
  const fault = statisticsFault(add.stats, records);
  if (fault !== undefined) wrong(fault);
  for (const record of records) {
    const own = rowsOfRecord(record);
    const least = record.txnMin ?? record.txnSeq;
    const isForeign = (row: Row): boolean => row.txnSeq < least || row.txnSeq > record.txnSeq;
    if (own.some(isForeign)) wrong('a record has an entry of a transaction that it does not name');
    const { keyMin, keyMax } = record;
    if (keyMin === null || keyMax === null) continue;
    const isOutside = (key: string): boolean => compareKeys(key, keyMin) < 0 || compareKeys(key, keyMax) > 0;
    if (own.map(keyOf).some(isOutside)) wrong('a record has an entry whose key is outside those that it names');
  }
}

function statisticsFault(stats: string | undefined, records: readonly Record[]): string | undefined {
  if (stats === undefined) return undefined;
  let found: unknown;
  try {
    found = JSON.parse(stats);
  } catch {
    return 'its statistics are no JSON';
  }
  if (!isFields(found)) return 'its statistics are no object';
  const { numRecords, minValues, maxValues } = found;
  if (numRecords !== records.length) return `its statistics say ${String(numRecords)} records, it has ${records.length}`;
  const isWithin = (column: string, value: string | number): boolean => {
    const least = isFields(minValues) ? minValues[column] : undefined;
    const most = isFields(maxValues) ? maxValues[column] : undefined;
    return (least === undefined || !(value < (least as string | number))) && (most === undefined || !(value > (most as string | number)));
  };
  for (const { partId, nodeId, txnSeq, version } of records) {
    if (!isWithin('part_id', partId) || !isWithin('node_id', nodeId) || !isWithin('txn_seq', txnSeq) || !isWithin('version', version)) {
      return 'a record lies outside the bounds in its statistics';
    }
  }
  return undefined;
}

function isFields(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
