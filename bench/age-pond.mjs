// A pond of ten series that are collected every ten minutes, one row each, as one transaction; the clock is simulated, also in the
// times of files. What a simulated run does is in `collect`, what the machine of an operator does by cron in `tidy`.
import { futimesSync } from 'node:fs';
import { Float64, makeData, RecordBatch, RecordBatchStreamWriter, Schema, Field, Struct, TimestampMicrosecond } from 'apache-arrow';
import { nodeIo } from '../packages/delta/dist/index.js';
import { appendTabular, createPond, openPond, realEnvironment } from '../packages/pond/dist/index.js';

export const SERIES = 10;
export const RUNS_A_DAY = 144;
const STEP_MICROS = 600_000_000n;
const VALUES = ['temperature', 'level', 'conductance', 'battery'];
const COLUMNS = [{ name: 'time', type: 'TIMESTAMP WITH TIME ZONE', nulls: 0 }, ...VALUES.map((name) => ({ name, type: 'DOUBLE', nulls: 0 }))];

/** When run number `i` is, in microseconds. */
export const timeOf = (startMicros, i) => BigInt(startMicros) + BigInt(i) * STEP_MICROS;

/** The values of one series in run `i`: a year, a day, and noise, rounded as sensors do. */
export function readingOf(series, i) {
  const day = i / RUNS_A_DAY;
  const noise = (salt) => (Math.imul(i * 31 + series * 7 + salt, 0x9e3779b1) >>> 8 & 0xff) / 255 - 0.5;
  return [
    Math.round((11 + series / 4 + 8 * Math.sin(day / 58.1) + 2 * Math.sin(day * 6.283) + noise(1)) * 100) / 100,
    Math.round((2 + Math.cos(day / 29) / 2 + noise(2) / 20) * 1000) / 1000,
    Math.round(420 + 60 * Math.sin(day / 12 + series) + 10 * noise(3)),
    Math.round((3.9 - (day % 60) / 200 + noise(4) / 50) * 100) / 100,
  ];
}

const stream = (() => {
  const fields = [new Field('time', new TimestampMicrosecond('UTC'), true), ...VALUES.map((name) => new Field(name, new Float64(), true))];
  const mark = 1.2345e200;
  const children = [
    makeData({ type: fields[0].type, length: 1, data: new BigInt64Array([0x1122334455667788n]) }),
    ...VALUES.map((_, k) => makeData({ type: new Float64(), length: 1, data: new Float64Array([mark * (k + 1)]) })),
  ];
  const batch = new RecordBatch(new Schema(fields), makeData({ type: new Struct(fields), length: 1, children }));
  const bytes = Buffer.from(RecordBatchStreamWriter.writeAll([batch]).toUint8Array(true));
  const placeOf = (write) => { const found = Buffer.alloc(8); write(found); return bytes.indexOf(found); };
  const places = [placeOf((b) => b.writeBigInt64LE(0x1122334455667788n)), ...VALUES.map((_, k) => placeOf((b) => b.writeDoubleLE(mark * (k + 1))))];
  return { bytes, places };
})();

function content(micros, values) {
  const bytes = Buffer.from(stream.bytes);
  bytes.writeBigInt64LE(micros, stream.places[0]);
  values.forEach((value, k) => bytes.writeDoubleLE(value, stream.places[k + 1]));
  return { kind: 'inline', bytes: new Uint8Array(bytes), facts: { columns: COLUMNS, rowCount: 1, timeColumn: 'time', timeMinMicros: micros, timeMaxMicros: micros } };
}

/** One run: a row for each series, in one transaction, some seconds after the time that it is for. */
export async function collect(pond, clock, startMicros, i) {
  const micros = timeOf(startMicros, i);
  clock.micros = micros + 2_000_000n + BigInt(i % 977) * 1000n;
  await pond.write(async (fs) => {
    const root = await fs.root();
    for (let series = 0; series < SERIES; series++) {
      await appendTabular(root, `/sensors/s${series}.series`, content(micros, readingOf(series, i)), { kind: 'series', parents: true });
    }
  }, { command: ['pond', 'run', '/etc/collect'] });
}

/** What `pond maintain` does, by cron. */
export const tidy = (pond) => pond.maintain({ compact: true, vacuum: true });

export function simulated(startMicros) {
  const clock = { micros: BigInt(startMicros) };
  const environment = { ...realEnvironment(), nowMicros: () => (clock.micros += 1000n), user: 'pond', host: 'box' };
  return { clock, environment };
}

/** Files get the simulated time; with `isSynced` false nothing waits for the disk. */
export function simulatedIo(clock, isSynced) {
  const created = new Set();
  const io = {
    ...nodeIo,
    open(path, mode) {
      const file = nodeIo.open(path, mode);
      if (mode === 'create') created.add(file);
      return file;
    },
    close(file) {
      const seconds = Number(clock.micros / 1000n) / 1000;
      if (created.delete(file)) futimesSync(file, seconds, seconds);
      nodeIo.close(file);
    },
  };
  return isSynced ? io : { ...io, fsync() {}, fsyncDirectory() {}, fsyncInPool: async () => {}, fsyncDirectoryInPool: async () => {} };
}

export { createPond, openPond };
