import { isLooselyEqual, isMapping, itemsOf, numberOf, SafeText, textOf } from './values.ts';

/** What stands behind `is`. */
export type Test = (value: unknown, args: readonly unknown[]) => boolean;

export const TESTS: ReadonlyMap<string, Test> = new Map<string, Test>([
  ['defined', (value) => value !== undefined],
  ['undefined', (value) => value === undefined],
  ['none', (value) => value === null],
  ['null', (value) => value === null],
  ['string', (value) => typeof value === 'string' || value instanceof SafeText],
  ['number', (value) => typeof value === 'number' || typeof value === 'bigint'],
  ['boolean', (value) => typeof value === 'boolean'],
  ['mapping', isMapping],
  ['iterable', (value) => Array.isArray(value) || typeof value === 'string'],
  ['truthy', Boolean],
  ['falsy', (value) => !value],
  ['even', (value) => numberOf(value) % 2 === 0],
  ['odd', (value) => Math.abs(numberOf(value) % 2) === 1],
  ['divisibleby', (value, [by]) => numberOf(value) % numberOf(by) === 0],
  ['eq', (value, [other]) => isLooselyEqual(value, other)],
  ['equalto', (value, [other]) => isLooselyEqual(value, other)],
  ['sameas', (value, [other]) => value === other],
  ['lower', (value) => textOf(value) === textOf(value).toLowerCase()],
  ['upper', (value) => textOf(value) === textOf(value).toUpperCase()],
  ['starting_with', (value, [start]) => textOf(value).startsWith(textOf(start))],
  ['ending_with', (value, [end]) => textOf(value).endsWith(textOf(end))],
  ['containing', (value, [part]) => (Array.isArray(value) ? itemsOf(value).includes(part) : textOf(value).includes(textOf(part)))],
]);
