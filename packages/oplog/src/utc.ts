/** A time for a message: RFC 3339 in UTC to the millisecond. */
export function utc(micros: bigint): string {
  const date = new Date(Number(micros / 1000n));
  return Number.isNaN(date.getTime()) ? `${micros} microseconds since 1970` : date.toISOString();
}
