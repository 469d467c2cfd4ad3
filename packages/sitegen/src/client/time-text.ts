/** Times as a visitor reads them, in one zone that is always named. */
export interface TimeText {
  readonly zone: string;
  /** Day and minute; seconds when the step is shorter than a minute. */
  full(millis: number): string;
  /** A date of the calendar, for a field. */
  day(millis: number): string;
  /** The time at which a wall clock in the zone shows what the UTC clock shows at `millis`. */
  wall(millis: number): Date;
}

export function createTimeText(zone: string, hasSeconds: boolean): TimeText {
  const options: Intl.DateTimeFormatOptions = {
    timeZone: zone, year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
    ...(hasSeconds ? { second: '2-digit' } : {}), timeZoneName: 'short',
  };
  const formatter = new Intl.DateTimeFormat(undefined, options);
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit',
    hourCycle: 'h23',
  });
  const fields = (millis: number): Readonly<Record<string, string>> =>
    Object.fromEntries(parts.formatToParts(millis).map(({ type, value }) => [type, value]));
  return {
    zone,
    full: (millis) => formatter.format(millis),
    day(millis) {
      const { year = '', month = '', day = '' } = fields(millis);
      return `${year}-${month}-${day}`;
    },
    wall(millis) {
      const of = fields(millis);
      const number = (name: string): number => Number(of[name]);
      return new Date(number('year'), number('month') - 1, number('day'), number('hour'), number('minute'), number('second'));
    },
  };
}
