/** What the name of a column says: `Silver.AT500_Surface.DO.mg/L.avg`. */
export interface ColumnLabel {
  /** The instrument, or whatever stands before the quantity; empty when nothing does. */
  readonly scope: string;
  readonly quantity: string;
  readonly unit: string;
  /** `avg`, `p95`, …; empty when the column is no aggregate. */
  readonly aggregate: string;
}

const AGGREGATE = /^(avg|min|max|sum|count|first|last|stddev|p\d+(_\d+)?)$/;

/** A name of dotted parts: scope, quantity, unit, aggregate. With one part it is the quantity, with two quantity and unit. */
export function columnLabel(name: string): ColumnLabel {
  const parts = name.split('.');
  const last = parts.at(-1) ?? '';
  const aggregate = parts.length > 1 && AGGREGATE.test(last) ? last : '';
  const rest = aggregate === '' ? parts : parts.slice(0, -1);
  if (rest.length < 2) return { scope: '', quantity: rest.join('.'), unit: '', aggregate };
  return { scope: rest.slice(0, -2).join('.'), quantity: rest.at(-2) ?? '', unit: rest.at(-1) ?? '', aggregate };
}
