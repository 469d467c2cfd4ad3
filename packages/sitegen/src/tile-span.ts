/** How long the tiles of a resolution are: units of the calendar in UTC. */
export type TileUnit = 'hour' | 'day' | 'month' | 'quarter' | 'year' | 'decade' | 'century';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** The shortest length of each unit: a view that is no longer touches at most two tiles. */
const SHORTEST: readonly (readonly [TileUnit, number])[] = [
  ['hour', HOUR], ['day', DAY], ['month', 28 * DAY], ['quarter', 90 * DAY], ['year', 365 * DAY],
  ['decade', 3652 * DAY], ['century', 36_524 * DAY],
];

/**
 * The unit of tiles for steps of `stepMillis`, when views show at most `targetPoints` of them. The longest unit is taken for the coarsest
 * resolution whatever it holds, so that a view of everything reads few files.
 */
export function tileUnit(stepMillis: number, targetPoints: number): TileUnit {
  return SHORTEST.find(([, length]) => length >= stepMillis * targetPoints)?.[0] ?? 'century';
}

/** The first moment of the tile that a time is in, and of the one behind it. */
export function tileAround(millis: number, unit: TileUnit): { readonly from: number; readonly to: number } {
  const date = new Date(millis);
  const year = date.getUTCFullYear();
  const month = date.getUTCMonth();
  const at = (y: number, m = 0): number => {
    // Date.UTC takes the years 0 to 99 for the twentieth century's.
    const made = new Date(0);
    made.setUTCFullYear(y, m, 1);
    return made.getTime();
  };
  switch (unit) {
    case 'hour': return spanOf(millis, HOUR);
    case 'day': return spanOf(millis, DAY);
    case 'month': return { from: at(year, month), to: at(year, month + 1) };
    case 'quarter': return { from: at(year, month - (month % 3)), to: at(year, month - (month % 3) + 3) };
    case 'year': return { from: at(year), to: at(year + 1) };
    case 'decade': return { from: at(Math.floor(year / 10) * 10), to: at(Math.floor(year / 10) * 10 + 10) };
    case 'century': return { from: at(Math.floor(year / 100) * 100), to: at(Math.floor(year / 100) * 100 + 100) };
  }
}

function spanOf(millis: number, length: number): { readonly from: number; readonly to: number } {
  const from = Math.floor(millis / length) * length;
  return { from, to: from + length };
}
