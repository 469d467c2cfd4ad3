import { numberOf, TemplateFault } from './values.ts';

/** A number with so many digits after the point, and with something between its thousands. */
export function formatNumber(value: number, digits: unknown, group: string): string {
  const places = digits === null ? undefined : numberOf(digits);
  if (places !== undefined && (!Number.isInteger(places) || places < 0 || places > 100)) {
    throw new TemplateFault(`${places} digits were asked for, a whole number from 0 to 100 was wanted`);
  }
  const text = places === undefined ? String(value) : value.toFixed(places);
  const [, sign = '', whole = '', rest = ''] = /^(-?)(\d+)(\.\d+)?$/.exec(text) ?? [];
  return whole === '' ? text : `${sign}${whole.replace(/\B(?=(?:\d{3})+$)/g, () => group)}${rest}`;
}
