import type { DataType, StructType } from '@duckpond/delta';

/** How the columns of new rows fit a table. */
export type SchemaFit =
  | { readonly kind: 'same' }
  /** The table gets more columns. */
  | { readonly kind: 'more'; readonly schema: StructType }
  /** A column has another type now: files with the old one cannot stay. */
  | { readonly kind: 'changed'; readonly column: string; readonly is: string; readonly wanted: string };

/** Columns that the table has and the rows do not are null in them, also those that others added. */
export function fitSchema(table: StructType, rows: StructType): SchemaFit {
  const added = [];
  for (const field of rows.fields) {
    const there = table.fields.find(({ name }) => name === field.name);
    if (there === undefined) added.push(field);
    else if (typeText(there.type) !== typeText(field.type)) {
      return { kind: 'changed', column: field.name, is: typeText(there.type), wanted: typeText(field.type) };
    }
  }
  return added.length === 0 ? { kind: 'same' } : { kind: 'more', schema: { type: 'struct', fields: [...table.fields, ...added] } };
}

/** Whether two schemas have the same columns in the same order. */
export function isSameSchema(one: StructType, other: StructType): boolean {
  return typeText(one) === typeText(other);
}

/** A type without what engines change by themselves: whether nulls are allowed, and notes. */
function typeText(type: DataType): string {
  if (typeof type === 'string') return type;
  switch (type.type) {
    case 'decimal': return `decimal(${type.precision},${type.scale})`;
    case 'array': return `array<${typeText(type.elementType)}>`;
    case 'map': return `map<${typeText(type.keyType)},${typeText(type.valueType)}>`;
    case 'struct': return `struct<${type.fields.map(({ name, type: inner }) => `${JSON.stringify(name)}:${typeText(inner)}`).join(',')}>`;
  }
}
