const PLAIN = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 5 });

/** A value with its unit, as a visitor reads it; a dash when there is none. */
export function numberText(value: number | null | undefined, unit: string): string {
  if (value == null || Number.isNaN(value)) return '–';
  const text = Math.abs(value) >= 1e9 || (value !== 0 && Math.abs(value) < 1e-4) ? value.toExponential(3) : PLAIN.format(value);
  return unit === '' ? text : `${text} ${unit}`;
}
