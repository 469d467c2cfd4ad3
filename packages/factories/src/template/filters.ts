import { formatDate } from './dates.ts';
import { formatNumber } from './numbers.ts';
import type { Filter, NamedArguments } from './safe-template.ts';
import {
  escapeHtml, isMapping, itemsOf, mappingOf, memberAt, numberOf, orderOf, SafeText, TemplateFault, textOf,
} from './values.ts';

/** The filters of every template: those of nunjucks that make sense of data, and those for dates and numbers. */
export function createFilters(mostCharacters: number): ReadonlyMap<string, Filter> {
  /** How often a text may be put together with others; told before it is made. */
  const room = (characters: number): void => {
    if (characters <= mostCharacters) return;
    throw new TemplateFault(`a text of ${characters} characters was asked for, at most ${mostCharacters} were wanted`);
  };
  const filters: Readonly<Record<string, Filter>> = {
    abs: (value) => Math.abs(numberOf(value)),
    batch: (value, args, named) => {
      const size = whole(argument(args, named, 0, 'size'), 1);
      const items = itemsOf(value);
      return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
    },
    capitalize: (value) => textOf(value).charAt(0).toUpperCase() + textOf(value).slice(1).toLowerCase(),
    date: (value, args, named) => {
      const format = textOf(argument(args, named, 0, 'format', '%Y-%m-%d'));
      return formatDate(value, format, textOf(argument(args, named, 1, 'zone', 'UTC')));
    },
    default: (value, args, named) => {
      const isMissing = value === undefined || (argument(args, named, 1, 'boolean', false) === true && !value);
      return isMissing ? argument(args, named, 0, 'value', '') : value;
    },
    dictsort: (value) => (isMapping(value) ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)) : wanted(value, 'a mapping')),
    dump: (value, args, named, step) => {
      let characters = 0;
      const text = JSON.stringify(value, (key, item: unknown) => {
        const plain = plainJson(item);
        step();
        room(characters += key.length + (typeof plain === 'string' ? plain.length : 4));
        return plain;
      }, Math.min(whole(argument(args, named, 0, 'indent', 0), 0), 10));
      // What ends a script element of HTML is written so that it does not.
      return (text ?? 'null').replace(/[<>&\u2028\u2029]/g, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`);
    },
    escape: (value) => (value instanceof SafeText ? value : new SafeText(escapeHtml(textOf(value)))),
    first: (value) => itemsOf(value)[0] ?? null,
    float: (value, args, named) => orOther(Number.parseFloat(textOf(value)), argument(args, named, 0, 'default', 0)),
    forceescape: (value) => new SafeText(escapeHtml(textOf(value))),
    groupby: (value, args, named) => group(itemsOf(value), argument(args, named, 0, 'attribute')),
    indent: (value, args, named) => {
      const lines = textOf(value).split('\n');
      const margin = ' '.repeat(Math.min(whole(argument(args, named, 0, 'width', 4), 0), 1000));
      room(lines.length * margin.length);
      return lines.map((line, at) => (at === 0 && argument(args, named, 1, 'first', false) !== true ? line : margin + line)).join('\n');
    },
    int: (value, args, named) => orOther(Number.parseInt(textOf(value), 10), argument(args, named, 0, 'default', 0)),
    join: (value, args, named) => {
      const separator = textOf(argument(args, named, 0, 'separator', ''));
      const attribute = argument(args, named, 1, 'attribute', null);
      const texts = itemsOf(value).map((item) => textOf(attribute === null ? item : memberAt(item, attribute)));
      room(texts.reduce((sum, text) => sum + text.length + separator.length, 0));
      return texts.join(separator);
    },
    last: (value) => itemsOf(value).at(-1) ?? null,
    length: (value) => (isMapping(value) ? Object.keys(value).length : value === null ? 0 : itemsOf(value).length),
    list: (value) => (isMapping(value) ? Object.entries(value).map(([key, item]) => ({ key, value: item })) : [...itemsOf(value)]),
    lower: (value) => textOf(value).toLowerCase(),
    max: (value) => extreme(itemsOf(value), 1),
    min: (value) => extreme(itemsOf(value), -1),
    nl2br: (value) => new SafeText((value instanceof SafeText ? value.text : escapeHtml(textOf(value))).replace(/\r?\n/g, '<br />\n')),
    number: (value, args, named) => {
      const group = textOf(argument(args, named, 1, 'group', ''));
      return formatNumber(numberOf(value), argument(args, named, 0, 'digits', null), group);
    },
    reject: (value) => itemsOf(value).filter((item) => !item),
    rejectattr: (value, args, named) => itemsOf(value).filter((item) => !memberAt(item, argument(args, named, 0, 'attribute'))),
    replace: (value, args, named) => {
      const [text, from, to] = [textOf(value), textOf(argument(args, named, 0, 'from')), textOf(argument(args, named, 1, 'to'))];
      if (from === '') return text;
      const parts = text.split(from);
      room(text.length + parts.length * to.length);
      return parts.join(to);
    },
    reverse: (value) => (typeof value === 'string' ? [...value].reverse().join('') : [...itemsOf(value)].reverse()),
    round: (value, args, named) => {
      const factor = 10 ** whole(argument(args, named, 0, 'precision', 0), 0);
      const by = textOf(argument(args, named, 1, 'method', 'common'));
      const rounded = by === 'ceil' ? Math.ceil : by === 'floor' ? Math.floor : Math.round;
      return rounded(numberOf(value) * factor) / factor;
    },
    safe: (value) => (value instanceof SafeText ? value : new SafeText(textOf(value))),
    select: (value) => itemsOf(value).filter(Boolean),
    selectattr: (value, args, named) => itemsOf(value).filter((item) => Boolean(memberAt(item, argument(args, named, 0, 'attribute')))),
    slice: (value, args, named) => {
      const end = argument(args, named, 1, 'end', null);
      return itemsOf(value).slice(whole(argument(args, named, 0, 'start', 0), -Infinity), end === null ? undefined : whole(end, -Infinity));
    },
    sort: (value, args, named) => {
      const attribute = argument(args, named, 2, 'attribute', null);
      const sign = argument(args, named, 0, 'reverse', false) === true ? -1 : 1;
      const keyed = itemsOf(value).map((item) => ({ item, key: attribute === null ? item : memberAt(item, attribute) }));
      return keyed.sort((a, b) => sign * (orderOf(a.key, b.key) || 0)).map(({ item }) => item);
    },
    split: (value, args, named) => textOf(value).split(textOf(argument(args, named, 0, 'separator', ','))),
    string: textOf,
    sum: (value, args, named) => {
      const attribute = argument(args, named, 0, 'attribute', null);
      return itemsOf(value).reduce<number>((sum, item) => sum + numberOf(attribute === null ? item : memberAt(item, attribute)), 0);
    },
    title: (value) => textOf(value).toLowerCase().replace(/(^|\s)\S/gu, (start) => start.toUpperCase()),
    trim: (value) => textOf(value).trim(),
    truncate: (value, args, named) => {
      const length = whole(argument(args, named, 0, 'length', 255), 0);
      const text = textOf(value);
      return text.length <= length ? text : text.slice(0, length).trimEnd() + textOf(argument(args, named, 1, 'end', '…'));
    },
    unique: (value) => [...new Set(itemsOf(value))],
    upper: (value) => textOf(value).toUpperCase(),
    urlencode: (value) => encodeURIComponent(textOf(value).toWellFormed()),
    wordcount: (value) => (textOf(value).match(/\S+/g) ?? []).length,
  };
  const aliases = { d: 'default', e: 'escape', count: 'length', json_encode: 'dump', group: 'groupby', tojson: 'dump' };
  return new Map([
    ...Object.entries(filters),
    ...Object.entries(aliases).flatMap(([alias, name]): (readonly [string, Filter])[] => {
      const filter = filters[name];
      return filter === undefined ? [] : [[alias, filter]];
    }),
  ]);
}

/** The items of a list by the text of one of their members: a mapping whose keys are sorted. */
export function group(items: readonly unknown[], attribute: unknown): Readonly<Record<string, readonly unknown[]>> {
  const groups = new Map<string, unknown[]>();
  for (const item of items) {
    const key = memberAt(item, attribute);
    if (key === undefined) throw new TemplateFault(`an item has no ${JSON.stringify(textOf(attribute))} to be grouped by`);
    const name = textOf(key);
    groups.set(name, [...groups.get(name) ?? [], item]);
  }
  return mappingOf([...groups].sort(([a], [b]) => (a < b ? -1 : 1))) as Readonly<Record<string, readonly unknown[]>>;
}

/** One argument by its place or its name. */
export function argument(args: readonly unknown[], named: NamedArguments, at: number, name: string, otherwise?: unknown): unknown {
  const value = Object.hasOwn(named, name) ? named[name] : args[at];
  if (value !== undefined) return value;
  if (otherwise === undefined) throw new TemplateFault(`the argument ${name} is missing`);
  return otherwise;
}

function whole(value: unknown, least: number): number {
  const number = numberOf(value);
  if (Number.isInteger(number) && number >= least) return number;
  throw new TemplateFault(`${number} was given, a whole number${least > -Infinity ? ` from ${least}` : ''} was wanted`);
}

function orOther(value: number, otherwise: unknown): unknown {
  return Number.isNaN(value) ? otherwise : value;
}

function extreme(items: readonly unknown[], sign: number): unknown {
  return items.reduce<unknown>((best, item) => (best === null || orderOf(item, best) * sign > 0 ? item : best), null);
}

function plainJson(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return value instanceof SafeText ? value.text : value;
}

function wanted(value: unknown, what: string): never {
  throw new TemplateFault(`${Array.isArray(value) ? 'a list' : typeof value} was given, ${what} was wanted`);
}
