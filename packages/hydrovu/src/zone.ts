import { HydroVuError } from './errors.ts';

/** From the seconds that a device reports to unix seconds. */
export type ClockReader = (deviceSeconds: number) => number;

const DAY = 86_400;
/** Offsets change at whole quarters of an hour. */
const STEP = 900;

/**
 * A clock that shows the local time of a zone as if it were UTC. An hour that comes twice in autumn is taken for the first one, and a time
 * that spring leaves out is that which the old offset says: a clock that knows no summer time is one of a zone such as "Etc/GMT+7".
 *
 * @throws HydroVuError `bad-config` when there is no such zone
 */
export function clockReader(zone: string | undefined): ClockReader {
  if (zone === undefined) return (seconds) => seconds;
  const offsetAt = zoneOffset(zone);
  const known = new Map<number, number>();
  return (deviceSeconds) => {
    const slot = Math.floor(deviceSeconds / STEP);
    let offset = known.get(slot);
    if (offset === undefined) {
      const local = slot * STEP;
      // No zone is a day away from UTC, so that these are the offsets before and behind a change that is near.
      const [before, after] = [offsetAt(local - DAY), offsetAt(local + DAY)];
      const isAfter = offsetAt(local - before) !== before && offsetAt(local - after) === after;
      offset = isAfter ? after : before;
      known.set(slot, offset);
    }
    return deviceSeconds - offset;
  };
}

/** The seconds that a zone is before UTC at a time, by the tables of the platform. */
function zoneOffset(zone: string): (unixSeconds: number) => number {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone, hourCycle: 'h23', era: 'short', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric',
      second: 'numeric',
    });
  } catch (error) {
    const message = `Cannot use the clock "${zone}": there is no such time zone, an IANA name such as "America/Denver" was wanted`;
    throw new HydroVuError('bad-config', message, { zone }, { cause: error });
  }
  return (unixSeconds) => {
    const parts = new Map(format.formatToParts(unixSeconds * 1000).map(({ type, value }) => [type, value]));
    const part = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type));
    const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
    return local / 1000 - Math.floor(unixSeconds);
  };
}
