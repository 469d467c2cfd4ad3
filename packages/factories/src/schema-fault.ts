import { distance } from 'fastest-levenshtein';
import type { z } from 'zod';

interface SchemaFault {
  readonly path: readonly PropertyKey[];
  readonly problem: string;
}

/** What a schema found wrong, in the words of this project. `fieldsAt` knows the fields of a place. */
export function faultOf(issue: z.core.$ZodIssue, fieldsAt: (path: readonly PropertyKey[]) => readonly string[]): readonly SchemaFault[] {
  const { path } = issue;
  const one = (problem: string): readonly SchemaFault[] => [{ path, problem }];
  switch (issue.code) {
    case 'unrecognized_keys': return issue.keys.map((key) => ({ path: [...path, key], problem: unknownField(key, fieldsAt(path)) }));
    case 'invalid_type': return one(issue.input === undefined
      ? `is missing, ${wantedType(issue.expected)} was wanted` : `is ${shown(issue.input)}, ${wantedType(issue.expected)} was wanted`);
    case 'invalid_value': return one(`is ${shown(issue.input)}, ${orList(issue.values.map(shown))} was wanted`);
    case 'too_small': return one(`is ${shown(issue.input)}, ${amount(issue.origin, 'at least', issue.minimum)} was wanted`);
    case 'too_big': return one(`is ${shown(issue.input)}, ${amount(issue.origin, 'at most', issue.maximum)} was wanted`);
    case 'invalid_union': return 'options' in issue && issue.discriminator !== undefined
      ? choiceFault(issue) : unionFault(issue, (inner) => fieldsAt([...path, ...inner]));
    default:
      return one(issue.message.includes('wanted') || issue.code === 'custom'
        ? issue.message : `is ${shown(issue.input)}: ${issue.message}`);
  }
}

/** Of shapes that one field tells apart, none is meant. */
function choiceFault(
  { path, input, discriminator = '', options = [] }: Extract<z.core.$ZodIssue, { readonly options?: unknown }>,
): readonly SchemaFault[] {
  const fields = typeof input === 'object' && input !== null ? Object.entries(input) : [];
  const given: unknown = fields.find(([name]) => name === discriminator)?.[1];
  const problem = `${given === undefined ? 'is missing' : `is ${shown(given)}`}, ${orList(options.map(shown))} was wanted`;
  return [{ path: path.at(-1) === discriminator ? path : [...path, discriminator], problem }];
}

/** Of several shapes the one that comes nearest: it is what was meant. */
function unionFault(
  issue: Extract<z.core.$ZodIssue, { readonly code: 'invalid_union' }>, fieldsAt: (path: readonly PropertyKey[]) => readonly string[],
): readonly SchemaFault[] {
  const shapes = issue.errors.map((issues) => issues.flatMap((inner) => faultOf(inner, fieldsAt)));
  const deepest = (faults: readonly SchemaFault[]): number => Math.max(0, ...faults.map(({ path }) => path.length));
  const [nearest] = [...shapes].sort((a, b) => deepest(b) - deepest(a) || a.length - b.length);
  if (nearest === undefined || nearest.length === 0) return [{ path: issue.path, problem: `is ${shown(issue.input)}: ${issue.message}` }];
  return nearest.map(({ path, problem }) => ({ path: [...issue.path, ...path], problem }));
}

function unknownField(key: string, known: readonly string[]): string {
  const [nearest] = [...known].sort((a, b) => distance(a, key) - distance(b, key));
  const near = nearest !== undefined && distance(nearest, key) <= Math.max(2, key.length / 3) ? `, "${nearest}" was wanted?` : '';
  const list = near !== '' || known.length === 0 ? near : `, one of ${known.map((name) => `"${name}"`).join(', ')} was wanted`;
  return `is no field${list}`;
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text', number: 'a number', int: 'a whole number', boolean: 'true or false',
  array: 'a list', object: 'a mapping', record: 'a mapping',
};

function wantedType(expected: string): string {
  return TYPES[expected] ?? expected;
}

function amount(origin: string, bound: string, limit: number | bigint): string {
  const unit = origin === 'array' || origin === 'set' ? ' item' : origin === 'string' ? ' character' : '';
  return `${bound} ${String(limit)}${unit === '' || Number(limit) === 1 ? unit : `${unit}s`}`;
}

function orList(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `one of ${items.join(', ')}`;
}

/** A value, cut where it would fill the screen. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0 ? 'an empty mapping' : 'a mapping';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text === '""' ? 'empty' : text;
}
