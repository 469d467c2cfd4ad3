/** A column as templates see it: `Silver.AT500.DO.mg/L.avg` is of an instrument, and has a name, a unit and how it was reduced. */
export interface SchemaField {
  readonly column: string;
  readonly type: string;
  readonly instrument: string;
  readonly name: string;
  readonly unit: string;
  /** Empty when the values are as they were measured. */
  readonly aggregate: string;
  /** The same, as resource documents call it. */
  readonly agg: string;
}

const AGGREGATE = /^(avg|min|max|count|sum|first|last|stddev|median|p\d+(_\d+)?)$/;
const TIME = /^r?timestamp$/i;

/** The columns but that of event times and how many there are, their names taken apart at the dots from behind. */
export function schemaFields(
  columns: readonly { readonly name: string; readonly type: string }[], timeColumn: string | undefined,
): readonly SchemaField[] {
  const isTime = (name: string): boolean => name === timeColumn || TIME.test(name);
  return columns.filter(({ name }) => !isTime(name) && !isTime(name.replace(/\.count$/, ''))).map(({ name: column, type }) => {
    const parts = column.split('.');
    const aggregate = parts.length > 1 && AGGREGATE.test(parts.at(-1) ?? '') ? parts.pop() ?? '' : '';
    const unit = parts.length > 1 ? parts.pop() ?? '' : '';
    const name = parts.pop() ?? '';
    return { column, type, instrument: parts.join('.'), name, unit, aggregate, agg: aggregate };
  });
}
