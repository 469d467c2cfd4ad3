import { DeltaError } from './errors.ts';

/** Typed access to records from outside. `null` counts as absent, unknown fields are ignored, a wrong type is an error with its place. */

/** Where a record was found, for messages. */
export interface Place {
  readonly code: 'corrupt-log' | 'corrupt-checkpoint';
  readonly file: string;
  /** Line or row, from 1; 0 when the file is one record. */
  readonly line: number;
}

export type Fields = Readonly<Record<string, unknown>>;

export function corrupt(place: Place, what: string, options?: ErrorOptions): DeltaError {
  const where = place.line === 0 ? '' : ` ${place.code === 'corrupt-log' ? 'line' : 'row'} ${place.line}`;
  return new DeltaError(place.code, `Cannot read "${place.file}"${where}: ${what}`, { file: place.file, line: place.line }, options);
}

function wrong(place: Place, field: string, value: unknown, wanted: string): DeltaError {
  const shown = value === undefined || value === null ? 'absent' : typeof value === 'string' ? `"${value.slice(0, 80)}"` : typeof value;
  const where = place.line === 0 ? '' : ` ${place.code === 'corrupt-log' ? 'line' : 'row'} ${place.line}`;
  return new DeltaError(
    place.code,
    `Cannot read "${place.file}"${where}: field "${field}" is ${shown}, wanted ${wanted}`,
    { file: place.file, line: place.line, field },
  );
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function fieldsOf(value: unknown, name: string, place: Place): Fields {
  if (!isFields(value)) throw wrong(place, name, value, 'an object');
  return value;
}

/** Reads the fields of one record called `name`. */
export class FieldReader {
  readonly #fields: Fields;
  readonly #name: string;
  readonly #place: Place;

  constructor(value: unknown, name: string, place: Place) {
    this.#fields = fieldsOf(value, name, place);
    this.#name = name;
    this.#place = place;
  }

  wrong(field: string, wanted: string): DeltaError {
    return wrong(this.#place, `${this.#name}.${field}`, this.#fields[field], wanted);
  }

  text(field: string): string {
    const value = this.#fields[field];
    if (typeof value !== 'string') throw this.wrong(field, 'a string');
    return value;
  }

  optionalText(field: string): string | undefined {
    return this.#absent(field) ? undefined : this.text(field);
  }

  /** A 64-bit integer: a `bigint` only where a number would not be exact. */
  long(field: string): number | bigint {
    const value = this.#fields[field];
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
    if (typeof value !== 'bigint') throw this.wrong(field, 'an integer');
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  /** An integer that counts or measures something, hence within the safe range. */
  integer(field: string): number {
    const value = this.long(field);
    if (typeof value === 'bigint') throw this.wrong(field, 'an integer below 2^53');
    return value;
  }

  optionalInteger(field: string): number | undefined {
    return this.#absent(field) ? undefined : this.integer(field);
  }

  flag(field: string): boolean {
    const value = this.#fields[field];
    if (typeof value !== 'boolean') throw this.wrong(field, 'true or false');
    return value;
  }

  optionalFlag(field: string): boolean | undefined {
    return this.#absent(field) ? undefined : this.flag(field);
  }

  textList(field: string): readonly string[] {
    const value = this.#fields[field];
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) throw this.wrong(field, 'a list of strings');
    return value;
  }

  optionalTextList(field: string): readonly string[] | undefined {
    return this.#absent(field) ? undefined : this.textList(field);
  }

  textMap(field: string): Readonly<Record<string, string | null>> {
    const value = this.#fields[field];
    if (!isFields(value)) throw this.wrong(field, 'an object of strings');
    const result: Record<string, string | null> = {};
    for (const name in value) {
      const text = value[name] ?? null;
      if (text !== null && typeof text !== 'string') throw this.wrong(field, 'an object of strings');
      result[name] = text;
    }
    return result;
  }

  optionalTextMap(field: string): Readonly<Record<string, string | null>> | undefined {
    return this.#absent(field) ? undefined : this.textMap(field);
  }

  optional<Result>(field: string, decode: (value: unknown, name: string, place: Place) => Result): Result | undefined {
    return this.#absent(field) ? undefined : decode(this.#fields[field], `${this.#name}.${field}`, this.#place);
  }

  #absent(field: string): boolean {
    return this.#fields[field] === undefined || this.#fields[field] === null;
  }
}

type Present<Type> = { [Field in keyof Type]: undefined extends Type[Field] ? never : Field }[keyof Type];
type Maybe<Type> = { [Field in keyof Type]: undefined extends Type[Field] ? Field : never }[keyof Type];

/** The record without its `undefined` fields, which `exactOptionalPropertyTypes` takes for absent. */
export function defined<Type extends object>(
  record: Type,
): { [Field in Present<Type>]: Type[Field] } & { [Field in Maybe<Type>]?: Exclude<Type[Field], undefined> };
export function defined(record: Record<string, unknown>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const name in record) {
    if (record[name] !== undefined) result[name] = record[name];
  }
  return result;
}
