/** The shortest text that reads back as the same double; `NaN`, `Infinity` and `-Infinity`, and `-0` apart from `0`. */
export function doubleText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** The shortest text that reads back as the same 4-byte float. */
export function floatText(value: number): string {
  return doubleText(shortFloat(value));
}

/** The double with the shortest text among those that round to a 4-byte float: 0.1, not 0.10000000149011612. */
export function shortFloat(value: number): number {
  if (!Number.isFinite(value) || Number.isInteger(value) && Math.abs(value) < 2 ** 24) return value;
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}

/** A decimal of a scale, every digit kept: `-0.050`. */
export function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled);
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** So many digits of any decimal survive the way through a double. */
const SAFE_DIGITS = 15;

/** Whether every reader of JSON keeps the digits of a decimal when it is a number. */
export function isSafeDecimal(text: string): boolean {
  return text.replace(/[-.]/g, '').replace(/^0+/, '').length <= SAFE_DIGITS;
}
