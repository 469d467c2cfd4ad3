import type { DataPage } from './answers.ts';
import type { Span } from './client.ts';
import type { Position } from './cursor.ts';

export interface PassOptions {
  readonly span: Span;
  /** Readings after which the pass ends, without those that earlier ones had asked for. */
  readonly limit: number;
  /** Undefined when the cursor is to stay where it is. */
  readonly cursor: { readonly before: Position | undefined } | undefined;
  /** When it began, unix seconds. */
  readonly askedSeconds: number;
  /** No cursor goes beyond this. */
  readonly latestSeconds: number;
}

/** One way through the pages of a device, and how far it is. Seconds are those of the device's clock. */
export interface Pass {
  readonly pages: number;
  readonly readings: number;
  readonly unusable: number;
  readonly newestSeconds: number | undefined;
  /** It ended before the last page because of the limit. */
  readonly isLimited: boolean;
  add(page: Pick<DataPage, 'parameters' | 'unusable'> & { readonly hasMore: boolean }): void;
  /** Whether no more pages are wanted. */
  isOver(): boolean;
  /** What the cursor may say when all pages so far are stored. */
  position(): Position | undefined;
}

export function createPass({ span, limit, cursor, askedSeconds, latestSeconds }: PassOptions): Pass {
  const freshSeconds = cursor?.before?.nextSeconds ?? Number.NEGATIVE_INFINITY;
  let [pages, readings, fresh, unusable] = [0, 0, 0, 0];
  let newestSeconds: number | undefined;
  let hasMore = true;
  /** Pages that do not follow each other in time cannot be gone on from in the middle; one page alone does not tell. */
  let isRising = true;
  let isPastEnd = false;
  const isLimited = (): boolean => hasMore && fresh >= limit && pages > 1;

  return {
    get pages() { return pages; },
    get readings() { return readings; },
    get unusable() { return unusable; },
    get newestSeconds() { return newestSeconds; },
    get isLimited() { return isLimited(); },

    add(page) {
      let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      for (const parameter of page.parameters) {
        readings += parameter.readings.length;
        for (const { timestamp } of parameter.readings) {
          if (timestamp < first) first = timestamp;
          if (timestamp > last) last = timestamp;
          if (timestamp >= freshSeconds) fresh++;
        }
      }
      pages++;
      unusable += page.unusable;
      ({ hasMore } = page);
      isPastEnd = first !== Number.POSITIVE_INFINITY && first > (span.endSeconds ?? Number.POSITIVE_INFINITY);
      if (last === Number.NEGATIVE_INFINITY) return;
      if (newestSeconds !== undefined && last < newestSeconds) isRising = false;
      newestSeconds = Math.max(last, newestSeconds ?? last);
    },

    isOver: () => isLimited() || isPastEnd,

    position() {
      if (cursor === undefined) return undefined;
      const { before } = cursor;
      const reached = Math.min(newestSeconds === undefined ? 0 : newestSeconds + 1, latestSeconds);
      const nextSeconds = Math.max(reached, before?.nextSeconds ?? 0);
      if (!hasMore) return { nextSeconds, askedSeconds: undefined };
      // Within what an earlier run went through nothing is new about how far it is.
      if (before !== undefined && reached <= before.nextSeconds) return before;
      return isRising && pages > 1 ? { nextSeconds, askedSeconds } : before ?? { nextSeconds: 0, askedSeconds };
    },
  };
}
