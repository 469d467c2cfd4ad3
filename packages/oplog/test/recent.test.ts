import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRecent } from '../src/recent.ts';

const ROOM = 100;

test('createRecent() keeps what was used last, as far as there is room, and never gives a value of another key', () => {
  const step = fc.record({ key: fc.constantFrom('a', 'b', 'b 1', 'b 2', 'c'), sizeBytes: fc.nat(70), drop: fc.boolean() });
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const recent = createRecent<string>(ROOM);
    /** Newest last. */
    let model: { key: string; value: string; sizeBytes: number }[] = [];
    for (const [index, { key, sizeBytes, drop }] of steps.entries()) {
      if (drop) {
        recent.drop(key);
        model = model.filter((one) => !one.key.startsWith(key));
      } else {
        recent.put(key, `${key} of ${index}`, sizeBytes);
        if (sizeBytes <= ROOM / 2) model = [...model.filter((one) => one.key !== key), { key, value: `${key} of ${index}`, sizeBytes }];
        while (model.reduce((sum, one) => sum + one.sizeBytes, 0) > ROOM) model.shift();
      }
      for (const one of ['c', 'b 2', 'a', 'b 1', 'b']) {
        const found = model.find((known) => known.key === one);
        expect(recent.get(one)).toBe(found?.value);
        if (found !== undefined) model = [...model.filter((known) => known !== found), found];
      }
    }
  }));
});

test('createRecent() gives back the room of what it lets go of', () => {
  const recent = createRecent<number>(ROOM);
  for (let index = 0; index < 1000; index++) recent.put(`k${index}`, index, 50);
  expect([recent.get('k998'), recent.get('k999'), recent.get('k997')]).toEqual([998, 999, undefined]);
});
