import type { Sleep } from './transport.ts';

const MINUTE = 60_000;

/**
 * Holds requests back so that no minute has more of them than the API allows. The times of as many requests are remembered as a minute
 * may have.
 */
export function createPace(
  perMinute: number, elapsedMillis: () => number, sleep: Sleep,
): (signal: AbortSignal | undefined) => Promise<void> {
  const times: number[] = [];
  let at = 0;
  return async (signal) => {
    if (!Number.isFinite(perMinute)) return;
    const oldest = times.length < perMinute ? undefined : times[at];
    const wait = oldest === undefined ? 0 : oldest + MINUTE - elapsedMillis();
    if (wait > 0) await sleep(wait, signal);
    times[at] = elapsedMillis();
    at = (at + 1) % perMinute;
  };
}
