import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Context } from '../context.ts';

/** A URL as it is; anything else is a directory of the host. */
export function lakeUrl({ effects }: Context, text: string): string {
  return /^[a-z0-9+.-]+:\/\//i.test(text) ? text : pathToFileURL(resolve(effects.cwd(), text)).href;
}
