import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What every page loads: made from `src/client` and `src/theme` when the package is built. */
export interface SiteAssets {
  readonly css: string;
  readonly charts: string;
  /** Search, and ages that go on. */
  readonly page: string;
  /** Registers the worker that keeps pages for when there is no network. */
  readonly offline: string;
  readonly worker: string;
}

export function readAssets(directory: string): SiteAssets {
  const text = (name: string): string => readFileSync(join(directory, name), 'utf8');
  return {
    css: text('site.css'), charts: text('charts.js'), page: text('page.js'), offline: text('offline.js'),
    worker: text('worker.js'),
  };
}
