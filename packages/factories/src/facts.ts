import type { RunCommand } from '@duckpond/pond';
import { z } from 'zod';
import type { DefinedFactory } from './define.ts';

/** One field of a config. */
export interface FactoryField {
  /** `inputs[].range.begin`; `patterns.*` is each entry of a mapping. */
  readonly field: string;
  /** `text`, `list of text`, `one of "sine", "line"`. */
  readonly type: string;
  readonly isRequired: boolean;
  readonly summary: string;
}

export interface FactoryFacts {
  readonly fields: readonly FactoryField[];
  readonly example: string;
  /** JSON Schema of the config, draft 2020-12. */
  readonly schema: Readonly<Record<string, unknown>>;
  readonly commands: readonly RunCommand[];
}

/** What a factory's definition tells people, editors and pages. */
export function factoryFacts(factory: DefinedFactory): FactoryFacts {
  const { schema: definition, example } = factory.definition;
  const schema: unknown = z.toJSONSchema(definition, { io: 'input', unrepresentable: 'any' });
  const whole = isRecord(schema) ? schema : {};
  return { fields: fieldsOf(whole, whole, '', []), example, schema: whole, commands: 'commands' in factory ? factory.commands : [] };
}

type Schema = Readonly<Record<string, unknown>>;

/** The fields of a place and of what is in it, each once. */
function fieldsOf(whole: Schema, place: Schema, at: string, above: readonly Schema[]): readonly FactoryField[] {
  const shapes = shapesOf(whole, place).filter((shape) => !above.includes(shape));
  const inside = [...above, ...shapes];
  const fields: FactoryField[] = [];
  const add = (more: readonly FactoryField[]): void => {
    for (const one of more) if (!fields.some(({ field }) => field === one.field)) fields.push(one);
  };
  for (const shape of shapes) {
    const { properties, required, items, additionalProperties } = shape;
    if (isRecord(properties)) {
      for (const [name, value] of Object.entries(properties)) {
        if (!isRecord(value)) continue;
        const field = at === '' ? name : `${at}.${name}`;
        const isRequired = Array.isArray(required) && required.includes(name);
        const own = { field, type: typeOf(whole, value), isRequired, summary: summaryOf(whole, value) };
        add([own, ...fieldsOf(whole, value, field, inside)]);
      }
    }
    if (isRecord(items)) add(fieldsOf(whole, items, `${at}[]`, inside));
    if (isRecord(additionalProperties) && Object.keys(additionalProperties).length > 0) {
      add(fieldsOf(whole, additionalProperties, at === '' ? '*' : `${at}.*`, inside));
    }
  }
  return fields;
}

/** A place as it is, behind a reference, and in its alternatives. */
function shapesOf(whole: Schema, place: Schema): readonly Schema[] {
  const { $ref: reference, anyOf, oneOf, allOf } = place;
  const others = [anyOf, oneOf, allOf].flatMap((list) => (Array.isArray(list) ? list.filter(isRecord) : []));
  const target = typeof reference === 'string' ? definitionOf(whole, reference) : undefined;
  return [place, ...(target === undefined ? [] : shapesOf(whole, target)), ...others.flatMap((other) => shapesOf(whole, other))];
}

function definitionOf(whole: Schema, reference: string): Schema | undefined {
  if (reference === '#') return whole;
  const definitions = whole['$defs'];
  const found = isRecord(definitions) ? definitions[reference.split('/').at(-1) ?? ''] : undefined;
  return isRecord(found) ? found : undefined;
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text', number: 'number', integer: 'whole number', boolean: 'true or false', object: 'mapping', null: 'nothing',
};

function typeOf(whole: Schema, place: Schema, depth = 0): string {
  if (depth > 4) return 'any';
  if ('const' in place) return JSON.stringify(place['const']);
  if (Array.isArray(place['enum'])) return place['enum'].map((value) => JSON.stringify(value)).join(', ');
  const { type, items, additionalProperties, properties } = place;
  if (type === 'array') return isRecord(items) ? `list of ${typeOf(whole, items, depth + 1)}` : 'list';
  if (type === 'object' && properties === undefined && isRecord(additionalProperties) && Object.keys(additionalProperties).length > 0) {
    return `mapping to ${typeOf(whole, additionalProperties, depth + 1)}`;
  }
  if (typeof type === 'string') return TYPES[type] ?? type;
  const others = shapesOf(whole, place).slice(1).map((other) => typeOf(whole, other, depth + 1));
  return [...new Set(others)].join(' or ') || 'any';
}

function summaryOf(whole: Schema, place: Schema): string {
  const told = [place, ...shapesOf(whole, place)].map(({ description }) => description).find((text) => typeof text === 'string') ?? '';
  return 'default' in place ? `${told}${told === '' ? 'D' : '; d'}efault ${JSON.stringify(place['default'])}` : told;
}

function isRecord(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
