import { type ComputedRows, selectOf } from '@duckpond/pond';
import { quoteIdentifier } from '@duckpond/query';
import { z } from 'zod';
import { type DefinedFactory, defineFactory } from './define.ts';
import { durationOf, fixedDuration } from './duration.ts';
import { badConfig } from './errors.ts';
import { columnName, instant } from './fields.ts';
import { instantMicros } from './time-value.ts';

const number = z.number().refine(Number.isFinite, { error: 'is not finite, a number was wanted' });
const wave = {
  amplitude: number.default(1).describe('From the middle to the top; 1 unless told'),
  period: fixedDuration,
  offset: number.default(0).describe('Added to each value; 0 unless told'),
  phase: number.default(0).describe('By how much of a turn it is ahead at the start, in radians; 0 unless told'),
};
const component = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('sine'), ...wave }),
  z.strictObject({ type: z.literal('triangle'), ...wave }),
  z.strictObject({ type: z.literal('square'), ...wave }),
  z.strictObject({
    type: z.literal('line'),
    slope: number.default(0).describe('Change a second; 0 unless told'),
    offset: number.default(0).describe('The value at the start; 0 unless told'),
  }),
]);

const schema = z.strictObject({
  start: instant.describe('The time of the first row'),
  end: instant.describe('No row is later; one at this very time is there'),
  interval: fixedDuration.describe('From one row to the next'),
  time_column: columnName.default('timestamp').describe('The column of event times; `timestamp` unless told'),
  points: z.array(z.strictObject({
    name: columnName.describe('The column'),
    components: z.array(component).min(1).describe('What its values are the sum of'),
  })).min(1).describe('The columns of values'),
});
type Config = z.infer<typeof schema>;

const EXAMPLE = `start: 2024-01-01T00:00:00Z
end: 2024-12-31T23:50:00Z
interval: 10m
points:
  - name: temperature
    components:
      - { type: sine, amplitude: 8, period: 365d, offset: 12 }
      - { type: sine, amplitude: 3, period: 1d }
  - name: battery
    components:
      - { type: line, slope: -0.0000001, offset: 12.6 }
`;

/** Waves, for demonstrations and tests. Rows are made while they are read. */
export const SYNTHETIC_TIMESERIES: DefinedFactory = defineFactory(
  { name: 'synthetic-timeseries', summary: 'A series of generated waves, for demonstrations and tests', schema, example: EXAMPLE },
  {
    makes: 'series',
    inputs: () => [],
    check: ({ start, end, time_column: time, points }, file) => {
      if (instantMicros(end) < instantMicros(start)) {
        const problem = `is ${JSON.stringify(end)}, a time not before start was wanted`;
        throw badConfig(file, [{ line: undefined, field: 'end', problem }]);
      }
      const names = [time, ...points.map(({ name }) => name)].map((name) => name.toLowerCase());
      const twice = names.find((name, at) => names.indexOf(name) !== at);
      if (twice === undefined) return;
      const problem = `has ${JSON.stringify(twice)} twice, different names were wanted`;
      throw badConfig(file, [{ line: undefined, field: 'points', problem }]);
    },
    rows: ({ config }) => Promise.resolve(generated(config)),
    dependence: () => 'same-time',
  },
);

function generated({ start, end, interval, time_column: timeColumn, points }: Config): ComputedRows {
  const [first, last, step] = [instantMicros(start), instantMicros(end), microsIn(interval)];
  const count = (last - first) / step + 1n;
  // Seconds since the start.
  const seconds = `(i * ${step} / 1e6)`;
  const columns = points.map(({ name, components }) =>
    `CAST(${components.map((one) => componentSql(one, seconds)).join(' + ')} AS DOUBLE) AS ${quoteIdentifier(name)}`);
  const time = `make_timestamptz(${first} + i * ${step}) AS ${quoteIdentifier(timeColumn)}`;
  return {
    relation: {
      parts: [selectOf(`SELECT ${[time, ...columns].join(', ')} FROM range(${count}) AS r(i)`, {})],
      columns: [
        { name: timeColumn, type: 'TIMESTAMP WITH TIME ZONE' }, ...points.map(({ name }) => ({ name, type: 'DOUBLE' })),
      ],
    },
    timeColumn,
  };
}

function componentSql(one: z.infer<typeof component>, seconds: string): string {
  if (one.type === 'line') return `(${one.slope} * ${seconds} + ${one.offset})`;
  const turn = `(${seconds} / ${Number(microsIn(one.period)) / 1e6} + ${one.phase} / (2 * pi()))`;
  const sine = `sin(2 * pi() * ${turn})`;
  const shapes = {
    sine,
    // Zero at the start and rising, as a sine.
    triangle: `(asin(greatest(-1, least(1, ${sine}))) * 2 / pi())`,
    square: `CASE WHEN ${turn} - floor(${turn}) < 0.5 THEN 1 ELSE -1 END`,
  };
  return `(${one.amplitude} * (${shapes[one.type]}) + ${one.offset})`;
}

function microsIn(text: string): bigint {
  const length = durationOf(text);
  return length.kind === 'fixed' ? length.micros : 0n;
}
