import { HydroVuError } from './errors.ts';

/** Friendly names by id; ids are texts. */
export interface Names {
  readonly parameters: ReadonlyMap<string, string>;
  readonly units: ReadonlyMap<string, string>;
}

export interface Location {
  /** A whole number of up to 64 bits, in decimal digits. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** Degrees, WGS 84; undefined when the API says nothing. */
  readonly latitude: number | undefined;
  readonly longitude: number | undefined;
}

/** Readings of one parameter in one unit, as they came. */
export interface PageParameter {
  readonly parameterId: string;
  readonly unitId: string;
  readonly readings: readonly Reading[];
}

export interface Reading {
  /** Unix seconds, by the clock of the device. */
  readonly timestamp: number;
  readonly value: number;
}

export interface DataPage {
  readonly parameters: readonly PageParameter[];
  /** Readings that are no whole second or no number. */
  readonly unusable: number;
}

type Fields = Readonly<Record<string, unknown>>;

const ID_NUMBER = /("(?:id|locationId)"\s*:\s*)(-?\d+)/g;

/**
 * A JSON text, in which ids that are numbers become texts: they may have more digits than a number keeps. Inside of a string a quote
 * stands behind a backslash, so that only keys are found.
 *
 * @throws SyntaxError
 */
export function parseAnswer(text: string): unknown {
  const value: unknown = JSON.parse(text.replace(ID_NUMBER, '$1"$2"'));
  return value;
}

/** @throws HydroVuError `bad-answer` */
export function decodeNames(value: unknown): Names {
  const fields = fieldsOf(value, 'the names');
  return { parameters: textMap(fields['parameters'], 'parameters'), units: textMap(fields['units'], 'units') };
}

/** @throws HydroVuError `bad-answer` */
export function decodeLocations(value: unknown): readonly Location[] {
  if (!Array.isArray(value)) throw bad('the locations', 'no array');
  return value.map((item: unknown) => {
    const { id, name, description, gps } = fieldsOf(item, 'a location');
    if (typeof id !== 'string' || !/^\d+$/.test(id)) throw bad('a location', 'without an id that is a whole number');
    const { latitude, longitude } = gps == null ? {} as Fields : fieldsOf(gps, 'the place of a location');
    return { id, name: textOr(name), description: textOr(description), latitude: degrees(latitude), longitude: degrees(longitude) };
  });
}

/** @throws HydroVuError `bad-answer`, also when it is of another location */
export function decodePage(value: unknown, location: string): DataPage {
  const { locationId, parameters } = fieldsOf(value, 'the readings');
  if (locationId !== location) throw bad('the readings', 'of another location than was asked for');
  if (!Array.isArray(parameters)) throw bad('the readings', 'without a list of parameters');
  let unusable = 0;
  const decoded = parameters.map((item: unknown): PageParameter => {
    const { parameterId, unitId, readings } = fieldsOf(item, 'a parameter');
    if (!isId(parameterId) || !isId(unitId)) throw bad('a parameter', 'without an id of its own or of its unit');
    if (!Array.isArray(readings)) throw bad('a parameter', 'without readings');
    const usable = readings.every(isReading) ? readings : readings.filter(isReading);
    unusable += readings.length - usable.length;
    return { parameterId: String(parameterId), unitId: String(unitId), readings: usable };
  });
  return { parameters: decoded, unusable };
}

const MOST_SECONDS = 8.64e12;

function isReading(value: unknown): value is Reading {
  if (typeof value !== 'object' || value === null) return false;
  const { timestamp, value: reading } = value as Fields;
  return typeof timestamp === 'number' && Number.isInteger(timestamp) && Math.abs(timestamp) <= MOST_SECONDS && typeof reading === 'number';
}

function isId(value: unknown): value is string | number {
  return (typeof value === 'string' && value !== '') || Number.isSafeInteger(value);
}

function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad(what, 'no object');
  return value as Fields;
}

function textMap(value: unknown, what: string): ReadonlyMap<string, string> {
  const entries = Object.entries(fieldsOf(value, `the ${what}`));
  return new Map(entries.map(([id, name]) => {
    if (typeof name !== 'string') throw bad(`the ${what}`, 'with a name that is no text');
    return [id, name];
  }));
}

function textOr(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function degrees(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function bad(what: string, is: string): HydroVuError {
  return new HydroVuError('bad-answer', `Cannot read ${what}: the API sent something ${is}, what its documentation promises was wanted`);
}
