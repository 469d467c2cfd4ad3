import { RemoteError } from '../errors.ts';

/** Reads fields of JSON that came from outside; every one that is missing or of another type is named. */
export interface Fields {
  text(name: string): string;
  textOrNull(name: string): string | null;
  integer(name: string): number;
  flag(name: string): boolean;
  micros(name: string): bigint;
  optional<T>(name: string, read: (value: unknown) => T): T | undefined;
  list<T>(name: string, read: (value: unknown) => T): T[];
  of(name: string): Fields;
}

type JsonObject = Readonly<Record<string, unknown>>;

/** @param label what messages call the document */
export function fieldsOf(value: unknown, label: string): Fields {
  if (!isObject(value)) throw broken(label, 'it is no JSON object');
  const take = <T>(name: string, wanted: string, is: (found: unknown) => found is T): T => {
    const found = value[name];
    if (is(found)) return found;
    const what = found === undefined ? 'missing' : 'of another type';
    throw broken(label, `its field "${name}" is ${what}, ${wanted} was wanted`);
  };
  return {
    text: (name) => take(name, 'a text', isText),
    textOrNull: (name) => take(name, 'a text or null', (found) => found === null || isText(found)),
    integer: (name) => take(name, 'an integer', isInteger),
    flag: (name) => take(name, 'true or false', (found) => typeof found === 'boolean'),
    micros: (name) => BigInt(take(name, 'microseconds as a text', isMicros)),
    optional: (name, read) => (value[name] === undefined ? undefined : read(value[name])),
    list: (name, read) => take(name, 'a list', isList).map(read),
    of: (name) => fieldsOf(take(name, 'an object', isObject), label),
  };
}

/** @throws RemoteError `corrupt-object` */
export function parseDocument(bytes: Uint8Array, label: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch (error) {
    throw broken(label, 'it is no JSON', { cause: error });
  }
}

export function broken(label: string, what: string, options?: ErrorOptions): RemoteError {
  return new RemoteError('corrupt-object', `Cannot read "${label}": ${what}`, { label }, options);
}

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

export function isInteger(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value);
}

function isMicros(value: unknown): value is string {
  return typeof value === 'string' && /^\d{1,19}$/.test(value);
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
