import { expect, it } from 'vitest';
import { pointsMap } from '../src/points-map.ts';

const options = { table: '/places.csv', pages: [], root: './', caption: undefined };
const circles = (rows: Parameters<typeof pointsMap>[0]) =>
  [...pointsMap(rows, options).markup.matchAll(/cx="([^"]+)" cy="([^"]+)"/g)].map(([, x, y]) => [Number(x), Number(y)] as const);

it('north is up, east is right, and both have one scale', () => {
  const [south = [0, 0], north = [0, 0], east = [0, 0]] = circles([
    { name: 'S', lat: 0, lon: 0 }, { name: 'N', lat: 0.1, lon: 0 }, { name: 'E', lat: 0, lon: 0.1 },
  ]);
  expect(north[0]).toBe(south[0]);
  expect(north[1]).toBeLessThan(south[1]);
  expect(east[0] - south[0]).toBeCloseTo(south[1] - north[1], 0);
});

it('one place, no place, no coordinates, and names that are markup', () => {
  expect(circles([{ name: 'A', latitude: 47.6, longitude: -122.3 }])).toHaveLength(1);
  expect(pointsMap([], options).markup).toContain('No places');
  expect(circles([{ name: 'A', lat: null, lon: 1 }])).toHaveLength(0);
  expect(() => pointsMap([{ a: 1 }], options)).toThrow(/it has "a", columns "lat" and "lon" were wanted/);
  expect(pointsMap([{ name: '<b>"', lat: 1, lon: 1 }], options).markup).toContain('&lt;b&gt;&quot;');
});
