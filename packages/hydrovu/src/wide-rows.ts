import type { PageParameter } from './answers.ts';
import { columnKey } from './columns.ts';
import type { ClockReader } from './zone.ts';

/** Rows by time, wide: one value a column, NaN where there is none. */
export interface WideRows {
  /** By `columnKey`. */
  readonly columns: ReadonlyMap<string, Float64Array>;
  /** Unix seconds, rising, each once. */
  readonly times: Float64Array;
}

/** Puts the readings of pages together, by time. Of readings of the same column and time the last counts. */
export interface RowCollector {
  readonly rows: number;
  /** Since the rows were taken. */
  readonly readings: number;
  /** Readings from before the clock was set, of all that were ever added. */
  readonly unset: number;
  add(parameters: readonly PageParameter[]): void;
  /** What was added since the last time, sorted by time. */
  take(): WideRows;
}

const FIRST_CAPACITY = 1024;

export function createRowCollector(clock: ClockReader, notBeforeSeconds: number): RowCollector {
  let rowOf = new Map<number, number>();
  let times: number[] = [];
  let columns = new Map<string, Float64Array>();
  let capacity = FIRST_CAPACITY;
  let readings = 0;
  let unset = 0;

  function grow(): void {
    capacity *= 2;
    for (const [key, values] of columns) columns.set(key, filled(capacity, values));
  }

  function columnOf(key: string): Float64Array {
    let values = columns.get(key);
    if (values === undefined) columns.set(key, values = filled(capacity));
    return values;
  }

  return {
    get rows() { return times.length; },
    get readings() { return readings; },
    get unset() { return unset; },

    add(parameters) {
      for (const { parameterId, unitId, readings: some } of parameters) {
        const key = columnKey(parameterId, unitId);
        let values: Float64Array | undefined;
        for (const { timestamp, value } of some) {
          if (timestamp < notBeforeSeconds) {
            unset++;
            continue;
          }
          const time = clock(timestamp);
          let row = rowOf.get(time);
          if (row === undefined) {
            row = times.length;
            rowOf.set(time, row);
            times.push(time);
            if (row >= capacity) {
              grow();
              values = undefined;
            }
          }
          values ??= columnOf(key);
          values[row] = value;
          readings++;
        }
      }
    },

    take() {
      const order = orderOf(times);
      const sorted = (values: Float64Array): Float64Array => {
        if (order === undefined) return values.slice(0, times.length);
        const moved = new Float64Array(order.length);
        for (let at = 0; at < order.length; at++) moved[at] = values[order[at] ?? 0] ?? Number.NaN;
        return moved;
      };
      const taken: WideRows = {
        times: sorted(Float64Array.from(times)), columns: new Map([...columns].map(([key, values]) => [key, sorted(values)])),
      };
      [rowOf, times, columns, capacity, readings] = [new Map(), [], new Map(), FIRST_CAPACITY, 0];
      return taken;
    },
  };
}

/** The rows by time; undefined when that is how they are. */
function orderOf(times: readonly number[]): Uint32Array | undefined {
  if (times.every((time, at) => at === 0 || (times[at - 1] ?? time) < time)) return undefined;
  return Uint32Array.from(times.keys()).sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0));
}

function filled(capacity: number, from?: Float64Array): Float64Array {
  const values = new Float64Array(capacity).fill(Number.NaN);
  if (from !== undefined) values.set(from);
  return values;
}
