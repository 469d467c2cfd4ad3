import type { PageParameter } from './answers.ts';
import type { Client, Span } from './client.ts';
import { columnKey } from './columns.ts';
import type { DeviceConfig, HydroVuConfig } from './config.ts';
import { type CommitWork, createDeviceCommitter } from './device-commit.ts';
import { createPass } from './device-pass.ts';
import { type DeviceState, readDeviceState } from './device-state.ts';
import { HydroVuError } from './errors.ts';
import type { DeviceOutcome } from './outcome.ts';
import { type RawAnswer, rawAnswer } from './raw-archive.ts';
import { createRowCollector } from './wide-rows.ts';
import { clockReader } from './zone.ts';

/** A run over devices: what all of them share. */
export interface DeviceWork extends CommitWork {
  readonly client: Client;
  /** The time of day, unix milliseconds. */
  readonly nowMillis: () => number;
  /** Monotonic. */
  readonly elapsedMillis: () => number;
  /** While a batch is committed the next one is asked for; it is committed so much later at least. */
  readonly batchMillis: number;
  readonly onPage?: (device: DeviceConfig, readings: number, newestSeconds: number | undefined) => void;
}

/** A stretch of time to be asked for again; without one a device is collected from where its cursor is. By the clock of the device. */
export interface Backfill {
  readonly fromSeconds: number;
  /** Included. */
  readonly toSeconds: number;
}

/** The batch that is being committed. */
interface Flight {
  readonly done: Promise<void>;
  isDone: boolean;
}

/** More than this is not held in memory. */
const BATCH_READINGS = 400_000;

/**
 * Asks for the readings of one device and stores what is new of them, a transaction a second at most.
 *
 * @throws HydroVuError `refused`, `corrupt`; the reason of the signal. Every other error is in the outcome
 */
export async function collectDevice(work: DeviceWork, device: DeviceConfig, backfill?: Backfill): Promise<DeviceOutcome> {
  const { client, config, signal } = work;
  const requestsBefore = client.requests();
  const state = await readDeviceState(work.pond, config, device);
  const committer = createDeviceCommitter(work, device, state);
  const rows = createRowCollector(clockReader(device.clock), config.notBeforeSeconds);
  const span = spanOf(state, config, device, backfill);
  const askedSeconds = Math.floor(work.nowMillis() / 1000);
  const pass = createPass({
    span, limit: config.maxPointsPerRun, cursor: backfill === undefined ? { before: state.cursor } : undefined,
    // No cursor goes behind the present, because of a device whose clock is ahead; a clock of ours that was not set says nothing.
    askedSeconds, latestSeconds: askedSeconds < config.notBeforeSeconds ? Number.POSITIVE_INFINITY : askedSeconds + 1,
  });
  let answers: RawAnswer[] = [];
  let startedMillis = work.elapsedMillis();
  let flight: Flight | undefined;
  let error: Error | undefined;

  const depart = async (): Promise<void> => {
    await flight?.done;
    const batch = { rows: rows.take(), position: pass.position(), answers };
    answers = [];
    startedMillis = work.elapsedMillis();
    const done = committer.commit(batch.rows, batch.position, batch.answers);
    const own: Flight = { done, isDone: false };
    flight = own;
    const land = (): void => { own.isDone = true; };
    done.then(land, land);
  };

  try {
    for await (const page of client.readings(device.id, span, signal)) {
      const known = state.cursor?.columns;
      const unknown = page.parameters.filter(({ parameterId, unitId }) => known?.has(columnKey(parameterId, unitId)) !== true);
      await work.metadata.learn(unknown, signal);
      pass.add(page);
      rows.add(backfill === undefined ? page.parameters : within(page.parameters, backfill));
      if (config.archiveRaw) answers.push(rawAnswer(device.id, span, page, work.nowMillis()));
      work.onPage?.(device, pass.readings, pass.newestSeconds);
      const isFull = rows.readings >= BATCH_READINGS;
      const isDue = isFull || work.elapsedMillis() - startedMillis >= work.batchMillis;
      if (isDue && (isFull || flight === undefined || flight.isDone)) await depart();
      if (pass.isOver()) break;
    }
    if (pass.pages === 0 && state.cursor === undefined) await mustExist(work, device);
    if (pass.pages > 0) await depart();
    await flight?.done;
  } catch (caught) {
    await flight?.done.catch(() => undefined);
    signal?.throwIfAborted();
    if (!(caught instanceof Error) || (caught instanceof HydroVuError && caught.code === 'refused')) throw caught;
    error = caught;
    // What came before the API failed need not be asked for again.
    if (caught instanceof HydroVuError && rows.rows > 0) await depart().then(() => flight?.done).catch(() => undefined);
  }
  const { added, corrected, transactions, firstSeconds, lastSeconds } = committer.totals;
  const isNew = added + corrected > 0;
  return {
    device: device.id, name: device.name, newRows: added, correctedRows: corrected, readings: pass.readings,
    leftOut: rows.unset + pass.unusable, requests: client.requests() - requestsBefore, transactions, firstSeconds, lastSeconds, error,
    state: error !== undefined ? 'failed' : pass.isLimited ? 'limited' : isNew ? 'collected' : pass.pages === 0 ? 'nothing' : 'unchanged',
  };
}

/** The farthest that a local time is from UTC. */
const MOST_OFFSET = 14 * 3600;

/**
 * Where a run begins: an overlap before the end of the last one. If that was ended before, it goes on where it was, or an overlap before
 * its beginning: what was older had come by then.
 */
function spanOf({ cursor }: DeviceState, { overlapSeconds }: HydroVuConfig, { clock }: DeviceConfig, backfill: Backfill | undefined): Span {
  if (backfill !== undefined) return { startSeconds: backfill.fromSeconds, endSeconds: backfill.toSeconds };
  if (cursor === undefined) return { startSeconds: 0 };
  const { nextSeconds, askedSeconds, firstSeconds = 0 } = cursor;
  const settled = (askedSeconds === undefined ? nextSeconds : askedSeconds - (clock === undefined ? 0 : MOST_OFFSET)) - overlapSeconds;
  return { startSeconds: Math.max(firstSeconds, Math.min(nextSeconds, settled), 0) };
}

/** The API need not keep to the end that it was given. */
function within(parameters: readonly PageParameter[], { fromSeconds, toSeconds }: Backfill): readonly PageParameter[] {
  return parameters.map((parameter) => ({
    ...parameter, readings: parameter.readings.filter(({ timestamp }) => timestamp >= fromSeconds && timestamp <= toSeconds),
  }));
}

/** A location without readings looks like one that is not there. @throws HydroVuError `no-location` */
async function mustExist({ metadata, signal }: DeviceWork, { id, name }: DeviceConfig): Promise<void> {
  if ((await metadata.locations(signal)).some((location) => location.id === id)) return;
  throw new HydroVuError('no-location', `Cannot collect "${name}": the account has no location ${id}, one that `
    + '`pond hydrovu locations` lists was wanted', { location: id });
}
