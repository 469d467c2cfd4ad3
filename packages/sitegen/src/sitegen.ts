import { resolve } from 'node:path';
import { type DefinedFactory, defineFactory } from '@duckpond/factories';
import { buildSite } from './build.ts';
import { SiteError } from './errors.ts';
import { siteSchema } from './site-config.ts';

const EXAMPLE = `site:
  title: Harbour weather
exports:
  - name: stations
    pattern: /reduced/*
routes:
  - name: home
    type: static
    slug: ""
    page: /site/index.md
    routes:
      - name: station
        type: template
        slug: stations/$0
        page: /site/station.md
        export: stations
`;

/** The factory of sites. `assetsDirectory` has what the package's client was built to. */
export function createSitegen(assetsDirectory: string, now: () => number): DefinedFactory {
  return defineFactory({ name: 'sitegen', summary: 'A static site: pages, charts and their data', schema: siteSchema, example: EXAMPLE }, {
    makes: 'data',
    inputs: ({ exports, content, routes }) => [
      ...exports.map(({ pattern }) => pattern), ...content.map(({ pattern }) => pattern),
      ...routes.flatMap(({ page }) => (page === undefined ? [] : [page])),
    ],
    commands: [
      { name: 'build', usage: 'build DIR', summary: 'Writes the site to a directory of the host; what is the same is not touched' },
    ],
    async run({ pond, config, args, signal, note, progress }) {
      const [directory] = args;
      if (directory === undefined || args.length > 1) {
        throw new SiteError('bad-page', `Cannot build the site: ${args.length} directories were named, one was wanted: build DIR`);
      }
      const { written, kept, removed, pages, items } = await buildSite({
        pond, config, directory: resolve(directory), assetsDirectory, nowMillis: now(), signal,
        progress: (done, total, unit) => { progress(done, total, unit); },
      });
      note(`built ${pages} pages and the data of ${items} items: ${written} files written, ${kept} unchanged, ${removed} removed`);
      return { state: 'done', items: [{ directory, pages, items, written, kept, removed }] };
    },
  });
}
