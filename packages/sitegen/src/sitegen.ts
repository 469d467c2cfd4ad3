import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type DefinedFactory, defineFactory } from '@duckpond/factories';
import type { RunContext, RunOutcome } from '@duckpond/pond';
import { type BuildReport, buildSite } from './build.ts';
import { checkSite } from './check-site.ts';
import { SiteError } from './errors.ts';
import { serveSite } from './serve-site.ts';
import { type SiteConfig, siteSchema } from './site-config.ts';

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

type SiteRun = Omit<RunContext, 'config'> & { readonly config: SiteConfig };

/** The factory of sites. `assetsDirectory` has what the package's client was built to. */
export function createSitegen(assetsDirectory: string): DefinedFactory {
  const build = ({ pond, config, signal, progress }: SiteRun, directory: string): Promise<BuildReport> => buildSite({
    pond, config, directory, assetsDirectory, signal, progress: (done, total, unit) => { progress(done, total, unit); },
  });
  return defineFactory({ name: 'sitegen', summary: 'A static site: pages, charts and their data', schema: siteSchema, example: EXAMPLE }, {
    makes: 'data',
    inputs: ({ exports, content, routes }) => [
      ...exports.map(({ pattern }) => pattern), ...content.map(({ pattern }) => pattern),
      ...routes.flatMap(({ page }) => (page === undefined ? [] : [page])),
    ],
    commands: [
      { name: 'build', usage: 'build DIR', summary: 'Writes the site to a directory of the host; what is the same is not touched' },
      { name: 'serve', usage: 'serve [PORT]', summary: 'Shows the site to browsers on this machine, and anew whenever the pond changes' },
      { name: 'check', usage: 'check [DIR]', summary: 'Checks the links and the accessibility of a built site, or of one built for it' },
    ],
    async run(context): Promise<RunOutcome> {
      const { args: [argument, ...more], command, note } = context;
      if (more.length > 0 || (argument === undefined && command === 'build')) {
        const wanted = command === 'build' ? 'one directory was wanted: build DIR' : 'at most one was wanted';
        throw new SiteError('bad-page', `Cannot ${command} the site: ${context.args.length} arguments were given, ${wanted}`);
      }
      if (command === 'serve') return serveSite(context, (directory, config) => build({ ...context, config }, directory), argument);
      if (command === 'check') {
        return argument === undefined
          ? inScratch(async (directory) => {
            await build(context, directory);
            return checked(directory, note);
          })
          : checked(resolve(argument), note);
      }
      const directory = resolve(argument ?? '');
      const { written, kept, removed, pages, items } = await build(context, directory);
      const files = `${written} files written, ${kept} unchanged, ${removed} removed`;
      note(`built ${counted(pages, 'page')} and the data of ${counted(items, 'item')}: ${files}`);
      return { state: 'done', items: [{ directory, pages, items, written, kept, removed }] };
    },
  });
}

function checked(directory: string, note: (text: string) => void): RunOutcome {
  const { pages, problems } = checkSite(directory);
  note(problems.length === 0 ? `checked ${pages} pages: nothing to mend` : `checked ${pages} pages: ${problems.length} problems`);
  return { state: problems.length === 0 ? 'done' : 'some-failed', items: problems.map(({ page, rule, what }) => ({ page, rule, what })) };
}

async function inScratch<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'pond-site-'));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}
