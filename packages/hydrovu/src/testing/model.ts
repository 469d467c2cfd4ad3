import { PARAMETER_NAMES, type Slot, SLOTS, UNIT_NAMES } from './catalog.ts';
import { chance } from './chance.ts';

export interface ModelOptions {
  readonly seed: number;
  /** Default 3. */
  readonly devices?: number;
  /** The first reading, unix seconds; default the first of January 2024. */
  readonly startSeconds?: number;
  /** Default 900. */
  readonly cadenceSeconds?: number;
  /** Measurements of a device, at most 11; default 6. */
  readonly parameters?: number;
  /** How often a reading arrives late, is corrected afterwards, is missing: of one. Defaults 0.01, 0.003, 0.02. */
  readonly late?: number;
  readonly corrected?: number;
  readonly missing?: number;
  /** Readings come, and change, so long after their time at most. Default 36 hours. */
  readonly delaySeconds?: number;
  /** Whether parameters appear, vanish and change their units after months, and one device falls silent. Default true. */
  readonly changes?: boolean;
}

export interface ModelLocation {
  readonly id: bigint;
  readonly name: string;
  readonly description: string;
  readonly gps: { readonly latitude: number; readonly longitude: number };
}

export interface ModelReading {
  readonly timestamp: number;
  readonly value: number;
}

export interface ModelParameter {
  readonly parameterId: string;
  readonly unitId: string;
  readonly customParameter: boolean;
  readonly readings: readonly ModelReading[];
}

/** What a tenant of the API has to tell, as a pure function of the seed and the time at which one asks. Times are unix seconds. */
export interface Model {
  readonly names: { readonly parameters: Readonly<Record<string, string>>; readonly units: Readonly<Record<string, string>> };
  readonly locations: readonly ModelLocation[];
  /** Readings from `from` up to and without `to` that are there at `now`, by parameter and unit; those without any are left out. */
  readings(location: bigint, from: number, to: number, now: number): readonly ModelParameter[];
  /** The first time not before `from` that has a reading. */
  firstTime(location: bigint, from: number, now: number): number | undefined;
  /** The true rows of a location at `now`, by time and then by `parameterId/unitId`: without the sentinels of an unset clock. */
  truth(location: bigint, now: number): ReadonlyMap<number, ReadonlyMap<string, number>>;
}

/** Times that devices report whose clock is not set. */
const SENTINELS: readonly number[] = [0, 960];
const DAY = 86_400;
/** The second id is the next odd number: as floating point both are the same. */
const FIRST_ID = 9_007_199_254_740_992n;

export function createModel(options: ModelOptions): Model {
  const { seed, devices = 3, startSeconds = 1_704_067_200, cadenceSeconds = 900, parameters = 6 } = options;
  const { late = 0.01, corrected = 0.003, missing = 0.02, delaySeconds = 36 * 3600, changes = true } = options;
  const locations = Array.from({ length: devices }, (_, at): ModelLocation => ({
    id: FIRST_ID + BigInt(at), name: ` Site ${at + 1}`, description: at === 0 ? 'Weir "A", north\nbank' : `Well ${at + 1}`,
    gps: { latitude: 40.58833 + at, longitude: -105.06587 - at },
  }));
  const slots = SLOTS.slice(0, parameters);

  /** The last device of three or more falls silent after 90 days. */
  const silentFrom = (device: number): number =>
    (changes && devices > 2 && device === devices - 1 ? startSeconds + 90 * DAY : Number.POSITIVE_INFINITY);
  /** The days after the start on which a measurement begins and ends, and on which its unit changes. */
  const life = (device: number, index: number): { readonly from: number; readonly to: number; readonly change: number } => {
    const day = (kind: number, first: number, span: number): number =>
      startSeconds + Math.floor(first + chance(seed, device, index, kind) * span) * DAY;
    return {
      from: changes && index > 2 && index % 3 === 0 ? day(1, 20, 100) : Number.NEGATIVE_INFINITY,
      to: changes && index > 2 && index % 4 === 0 ? day(2, 150, 100) : Number.POSITIVE_INFINITY,
      change: changes ? day(3, 60, 200) : Number.POSITIVE_INFINITY,
    };
  };

  function readingOf(device: number, index: number, slot: Slot, time: number, now: number): ModelReading | undefined {
    if (time > now) return undefined;
    const draw = (kind: number): number => chance(seed, device, index, kind, time);
    if (draw(10) < missing) return undefined;
    if (draw(11) < late && time + draw(12) * delaySeconds > now) return undefined;
    const isCorrected = draw(13) < corrected && time + draw(14) * delaySeconds <= now;
    const wave = 10 + index + 5 * Math.sin((time / DAY) * 2 * Math.PI + device) + draw(15);
    const value = Math.round((isCorrected ? wave + 100 : wave) * 1e6) / 1e6;
    return { timestamp: time, value: slot.unitId !== slot.laterUnitId && time >= life(device, index).change ? value * slot.scale : value };
  }

  function deviceOf(location: bigint): number {
    return locations.findIndex(({ id }) => id === location);
  }

  function* ticks(device: number, from: number, to: number, now: number): Generator<number, void, void> {
    const end = Math.min(to, silentFrom(device), now + 1);
    const first = startSeconds + Math.ceil(Math.max(0, from - startSeconds) / cadenceSeconds) * cadenceSeconds;
    for (let time = first; time < end; time += cadenceSeconds) yield time;
  }

  function* sentinels(device: number, from: number, to: number): Generator<number, void, void> {
    if (device % 2 === 0) yield* SENTINELS.filter((time) => time >= from && time < to);
  }

  const model: Model = {
    names: { parameters: PARAMETER_NAMES, units: UNIT_NAMES },
    locations,

    readings(location, from, to, now) {
      const device = deviceOf(location);
      if (device < 0) return [];
      const unset = [...sentinels(device, from, to)].map((timestamp): ModelReading => ({ timestamp, value: -1 }));
      const times = [...ticks(device, from, to, now)];
      return slots.flatMap((slot, index): ModelParameter[] => {
        const { from: begin, to: end, change } = life(device, index);
        const own = times.filter((time) => time >= begin && time < end);
        const { parameterId, custom: customParameter } = slot;
        const unitsOf = slot.unitId === slot.laterUnitId ? [slot.unitId] : [slot.unitId, slot.laterUnitId];
        return unitsOf.flatMap((unitId, which): ModelParameter[] => {
          const some = unitsOf.length === 1 ? own : own.filter((time) => (time >= change) === (which === 1));
          const found = some.flatMap((time) => readingOf(device, index, slot, time, now) ?? []);
          const readings = which === 0 && index < 2 ? [...unset, ...found] : found;
          return readings.length === 0 ? [] : [{ parameterId, unitId, customParameter, readings }];
        });
      });
    },

    firstTime(location, from, now) {
      const device = deviceOf(location);
      if (device < 0) return undefined;
      for (const time of sentinels(device, from, Number.POSITIVE_INFINITY)) return time;
      for (const time of ticks(device, from, Number.POSITIVE_INFINITY, now)) {
        const isThere = slots.some((slot, index) => {
          const { from: begin, to: end } = life(device, index);
          return time >= begin && time < end && readingOf(device, index, slot, time, now) !== undefined;
        });
        if (isThere) return time;
      }
      return undefined;
    },

    truth(location, now) {
      const rows = new Map<number, Map<string, number>>();
      for (const { parameterId, unitId, readings } of model.readings(location, startSeconds, Number.POSITIVE_INFINITY, now)) {
        for (const { timestamp, value } of readings) {
          let row = rows.get(timestamp);
          if (row === undefined) rows.set(timestamp, row = new Map());
          row.set(`${parameterId}/${unitId}`, value);
        }
      }
      return new Map([...rows].sort(([a], [b]) => a - b));
    },
  };
  return model;
}
