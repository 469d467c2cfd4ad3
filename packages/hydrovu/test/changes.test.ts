import fc from 'fast-check';
import { expect, test } from 'vitest';
import { changesOf, type NamedRows } from '../src/changes.ts';

type Row = Readonly<Record<string, number>>;
type Rows = ReadonlyMap<number, Row>;

const row = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom(0, 1, 2), { minKeys: 1 });
const rows = fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 12 }), row), { selector: ([time]) => time }).map((pairs) => new Map(pairs));

function wide(some: Rows): NamedRows {
  const times = [...some.keys()].sort((a, b) => a - b);
  const names = [...new Set([...some.values()].flatMap((values) => Object.keys(values)))];
  return { times: Float64Array.from(times), columns: new Map(names.map((name) => [name, Float64Array.from(times, (time) => some.get(time)?.[name] ?? NaN)])) };
}

function narrow({ times, columns }: NamedRows): Rows {
  return new Map([...times].map((time, at) => [time, Object.fromEntries([...columns].flatMap(([name, values]) => {
    const value = values[at] ?? NaN;
    return Number.isNaN(value) ? [] : [[name, value]];
  }))]));
}

test('changesOf() keeps the rows that tell something new, whole, and nothing else', () => {
  fc.assert(fc.property(rows, rows, (stored, came) => {
    const { rows: kept, added, corrected } = changesOf(wide(came), wide(stored));
    const wanted = new Map([...came].sort(([a], [b]) => a - b).flatMap(([time, values]) => {
      const whole = { ...stored.get(time), ...values };
      return JSON.stringify(Object.entries(whole).sort()) === JSON.stringify(Object.entries(stored.get(time) ?? {}).sort()) ? [] : [[time, whole] as const];
    }));
    expect(narrow(kept)).toEqual(wanted);
    expect([added, corrected]).toEqual([[...wanted.keys()].filter((time) => !stored.has(time)).length, [...wanted.keys()].filter((time) => stored.has(time)).length]);
    // What is stored then has nothing left to tell.
    expect(changesOf(wide(came), wide(new Map([...stored, ...wanted]))).rows.times.length).toBe(0);
  }));
});
