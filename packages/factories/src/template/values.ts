/** Text that is not escaped any more. */
export class SafeText {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get text(): string {
    return this.#text;
  }
}

/** What a template cannot do, in the words after `line N: `. */
export class TemplateFault extends Error {}

/** A value as text; lists and mappings have none. */
export function textOf(value: unknown): string {
  if (value instanceof SafeText) return value.text;
  switch (typeof value) {
    case 'string': return value;
    case 'number': case 'bigint': case 'boolean': return String(value);
    default:
      if (value === null) return '';
      throw new TemplateFault(`${described(value)} was to be printed, a text or a number was wanted (join and dump make one of it)`);
  }
}

/** A value for a message. */
export function described(value: unknown): string {
  if (value === undefined) return 'something undefined';
  if (value === null) return 'none';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof SafeText || typeof value === 'string') return 'a text';
  return typeof value === 'object' ? 'a mapping' : typeof value === 'function' ? 'a macro' : `a ${typeof value}`;
}

/** A mapping of plain data. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Own members of plain data, and nothing that a value inherits: undefined for all else. */
export function memberOf(value: unknown, key: unknown): unknown {
  const plain = value instanceof SafeText ? value.text : value;
  if (typeof plain === 'string' || Array.isArray(plain)) {
    if (key === 'length') return plain.length;
    const index = typeof key === 'number' ? key : typeof key === 'string' && /^-?\d+$/.test(key) ? Number(key) : undefined;
    return index === undefined || !Number.isInteger(index) ? undefined : plain.at(index);
  }
  if (!isMapping(plain) || (typeof key !== 'string' && typeof key !== 'number')) return undefined;
  return Object.hasOwn(plain, key) ? plain[key] : undefined;
}

/** The parts of a dotted name, one after the other: `a.b`. */
export function memberAt(value: unknown, path: unknown): unknown {
  return textOf(path).split('.').reduce<unknown>((at, key) => memberOf(at, key), value);
}

/** A mapping of own members only, whatever they are called. */
export function mappingOf(entries: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  const made: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [key, value] of entries) made[key] = value;
  return made;
}

/** The items of a list; a text is one of its characters. */
export function itemsOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (typeof value === 'string' || value instanceof SafeText) return [...textOf(value)];
  throw new TemplateFault(`${described(value)} was given, a list was wanted`);
}

export function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  throw new TemplateFault(`${described(value)} was given, a number was wanted`);
}

/** As `==` of JavaScript for texts, numbers and the like; lists and mappings are equal to themselves alone. */
export function isLooselyEqual(a: unknown, b: unknown): boolean {
  const [left, right] = [a, b].map((value) => (value instanceof SafeText ? value.text : value));
  if (left == null || right == null) return left == null && right == null;
  if (!isScalar(left) || !isScalar(right) || typeof left === typeof right) return left === right;
  // Of two kinds, both are compared as numbers: exactly, also where one has more digits than the other can hold.
  return left <= right && left >= right;
}

function isScalar(value: unknown): value is string | number | bigint | boolean {
  return ['string', 'number', 'bigint', 'boolean'].includes(typeof value);
}

/** Texts by their characters, all else as numbers. */
export function orderOf(left: unknown, right: unknown): number {
  const areTexts = [left, right].every((value) => typeof value === 'string' || value instanceof SafeText);
  const [a, b] = areTexts ? [textOf(left), textOf(right)] : [numberOf(left), numberOf(right)];
  return a < b ? -1 : a > b ? 1 : a === b ? 0 : Number.NaN;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;', '"': '&quot;', "'": '&#39;', '<': '&lt;', '>': '&gt;', '`': '&#96;', '\\': '&#92;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[&"'<>`\\]/g, (mark) => ESCAPES[mark] ?? mark);
}
