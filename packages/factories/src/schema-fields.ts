import { z } from 'zod';

/** The names of the fields that a schema has at a place; none where it has any. */
export function fieldsAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  const whole: unknown = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const definitions = isRecord(whole) && isRecord(whole['$defs']) ? whole['$defs'] : {};
  let places: readonly unknown[] = [whole];
  const opened = (place: unknown): readonly unknown[] => {
    if (!isRecord(place)) return [];
    const { $ref: reference, anyOf, oneOf, allOf } = place;
    const target = typeof reference === 'string' ? definitions[reference.split('/').at(-1) ?? ''] : undefined;
    const others = [anyOf, oneOf, allOf].flatMap((list) => (Array.isArray(list) ? list.flatMap(opened) : []));
    return [place, ...(target === undefined ? [] : opened(target)), ...others];
  };
  for (const key of path) {
    places = places.flatMap(opened).flatMap((place) => {
      if (!isRecord(place)) return [];
      if (typeof key === 'number') return [place['items']];
      const properties = isRecord(place['properties']) ? place['properties'] : {};
      return [properties[String(key)] ?? place['additionalProperties']];
    });
  }
  const names = places.flatMap(opened).flatMap((place) => (
    isRecord(place) && isRecord(place['properties']) ? Object.keys(place['properties']) : []));
  return [...new Set(names)];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
