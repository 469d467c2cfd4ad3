import type { Resolution, Span } from './chart-data.ts';
import type { ExportItem } from './export-items.ts';
import type { SourceFacts } from './item-facts.ts';
import { tilesIn } from './resolution.ts';
import { type Rows, rowsBetween } from './rows.ts';
import type { TileReader } from './tile-reader.ts';

/** What pages know of an item, once its tiles are written. */
export interface ItemData {
  readonly item: ExportItem;
  readonly timeColumn: string;
  /** The columns of numbers, in the order of the source. */
  readonly columns: readonly string[];
  /** From the finest to the coarsest; those without rows are left out. */
  readonly resolutions: readonly Resolution[];
  /** Undefined when there are no rows. */
  readonly extent: Span | undefined;
  /** The newest value of each column that has one, in the finest resolution. */
  readonly last: ReadonlyMap<string, { readonly millis: number; readonly value: number }>;
  /** The rows of a view, read back from the tiles, as a browser would. */
  rows(resolution: Resolution, view: Span): Promise<Rows>;
}

/** An item by what is known of its sources, from the finest to the coarsest. */
export function itemData(item: ExportItem, sources: readonly SourceFacts[], reader: TileReader): ItemData {
  const filled = sources.filter(({ tiles }) => tiles.length > 0);
  const [finest] = filled;
  const { timeColumn, columns } = finest ?? sources[0] ?? { timeColumn: '', columns: [] };
  return {
    item, timeColumn, columns,
    resolutions: filled.map(({ label, stepMillis, tiles }) => ({ label, stepMillis, tiles })),
    // The last step of a coarser resolution ends where there is no data yet.
    extent: finest?.extent ?? undefined,
    last: new Map(columns.flatMap((name, at) => {
      const value = finest?.last[at];
      return value == null ? [] : [[name, value] as const];
    })),
    async rows(resolution, view) {
      const tiles = await Promise.all(tilesIn(resolution, view).map(({ url }) => reader.read(url, timeColumn, columns)));
      return rowsBetween(tiles, columns, view.from / 1000, view.to / 1000);
    },
  };
}
