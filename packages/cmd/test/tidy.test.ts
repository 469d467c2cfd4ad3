import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

// The habits that a linter cannot hold, over the text of the whole repository.

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const SKIPPED = new Set(['node_modules', 'dist', '.git', 'demo-pond', 'demo-site', 'api', 'coverage']);

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name)) return [];
    const path = join(directory, entry.name);
    return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : [];
  });
}

const files = filesBelow(ROOT).map((path) => relative(ROOT, path)).sort();
const texts = new Map(files.filter((path) => /\.(ts|mjs|cjs|md|json|ya?ml|sh)$|^\.ci\/run$/.test(path) && path !== 'pnpm-lock.yaml')
  .map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]));
const sources = [...texts].filter(([path]) => /^packages\/[^/]+\/src\/.*\.ts$/.test(path));

type Texts = readonly (readonly [path: string, text: string])[];

/** `path:line` of every line that matches. */
function anyLinesWith(pattern: RegExp, among: Texts): string[] {
  return among.flatMap(([path, text]) => text.split('\n').flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}`] : [])));
}

/** The same without comments. */
function linesWith(pattern: RegExp, among: Texts, allowed: readonly string[] = []): string[] {
  const code = among.filter(([path]) => !allowed.includes(path))
    .map(([path, text]) => [path, text.replace(/^[ \t]*(\/\/|\*|\/\*\*?).*$/gm, '')] as const);
  return anyLinesWith(pattern, code);
}

describe('the repository', () => {
  it('keeps the process, the clock and chance at the edge', () => {
    const edge = ['packages/cmd/src/effects.ts', 'packages/pond/src/environment.ts', 'packages/delta/src/local-io.ts', 'packages/sitegen/src/client/page.ts'];
    expect(linesWith(/\bprocess\.(env|argv|exit|stdout|stderr|stdin|cwd|pid|on)\b/, sources, edge), 'ask the effects or the environment instead').toEqual([]);
    expect(linesWith(/\bDate\.now\(|\bMath\.random\(|new Date\(\)|\brandomBytes\(|\brandomUUID\(/, sources, edge), 'take the clock and the ids that are handed in').toEqual([]);
  });

  it('has no vague file names, no leftovers and no loose types in its sources', () => {
    expect(files.filter((path) => /(^|[/-])(utils?|helpers?|common|misc)([.-][^/]*)?$/.test(path)), 'name the file for its concept').toEqual([]);
    expect(anyLinesWith(/\b(TODO|FIXME|XXX|HACK)\b|\bfor now\b/, sources), 'finish it, or say in one clear error that it is missing').toEqual([]);
    expect(linesWith(/: any\b|\bas any\b|<any>/, sources), 'give it a type').toEqual([]);
    expect(anyLinesWith(/@ts-ignore|@ts-expect-error|eslint-disable/, sources), 'satisfy the rule').toEqual([]);
  });

  it('keeps sources short and lines within 140 columns', () => {
    expect(sources.filter(([, text]) => text.split('\n').length > 401).map(([path]) => path), 'split the file by concept').toEqual([]);
    expect(linesWith(/^.{141}/, sources), 'break the line').toEqual([]);
    expect(linesWith(/^.{201}/, [...texts].filter(([path]) => /\.(ts|mjs|cjs)$/.test(path))), 'break the line').toEqual([]);
  });

  it('reaches every source file from the front door of its package, which nothing inside imports', () => {
    const reached = new Set<string>();
    const pending = packages().flatMap((name) => entryPoints(name));
    for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
      if (reached.has(path)) continue;
      reached.add(path);
      const text = texts.get(path) ?? '';
      for (const [, target] of text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)) {
        if (target !== undefined) pending.push(relative(ROOT, resolve(ROOT, dirname(path), target)));
      }
    }
    // Declarations are nobody's import: they say what a package without types of its own looks like to whoever imports that.
    const declared = (text: string): string[] => [...text.matchAll(/^declare module '([^']+)'/gm)].map(([, name]) => name ?? '');
    const isUsed = (name: string): boolean => [...reached].some((path) => texts.get(path)?.includes(`import('${name}')`) === true
      || texts.get(path)?.includes(`from '${name}'`) === true);
    const dead = sources.filter(([path, text]) => (path.endsWith('.d.ts') ? !declared(text).some(isUsed) : !reached.has(path)));
    expect(dead.map(([path]) => path), 'remove the dead file').toEqual([]);
    expect(linesWith(/from '(\.\.?\/)+index\.ts'/, sources), 'import the file, not the front door').toEqual([]);
  });

  it('declares exactly the dependencies that the lint table allows', () => {
    const table = readFileSync(join(ROOT, '.eslintrc.cjs'), 'utf8');
    for (const name of packages()) {
      const allowed = new RegExp(`^  ${name}: \\[(.*)\\]`, 'm').exec(table)?.[1] ?? '';
      const manifest = texts.get(`packages/${name}/package.json`) ?? '';
      const declared = [...manifest.matchAll(/"@duckpond\/(\w+)": "workspace:/g)].map(([, one]) => one);
      expect(declared.filter((one) => !allowed.includes(`'${one}'`)), `packages/${name}/package.json`).toEqual([]);
    }
  });

  it('pins every dependency exactly', () => {
    const manifests = [...texts].filter(([path]) => path.endsWith('package.json') && !path.includes('/dist/'));
    for (const [path, text] of manifests) {
      const manifest = JSON.parse(text) as { dependencies?: Record<string, string>; devDependencies?: Record<string, string> };
      const ranges = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(([, version]) => !/^(\d|workspace:)/.test(version));
      expect(ranges, path).toEqual([]);
    }
  });

  it('has pages with one title each, and none that nothing links to', () => {
    const pages = [...texts].filter(([path]) => path.endsWith('.md') && !path.startsWith('docs/cli/') && !path.startsWith('docs/api/'));
    const titles = pages.map(([path, text]) => [path, text.replace(/```[\s\S]*?```/g, '').split('\n').filter((line) => /^# /.test(line)).length] as const);
    expect(titles.filter(([, count]) => count !== 1).map(([path]) => path)).toEqual([]);
    for (const folder of ['docs/decisions', 'docs/formats']) {
      const index = texts.get(`${folder}/README.md`) ?? '';
      const unlisted = pages.map(([path]) => path).filter((path) => path.startsWith(`${folder}/`) && !path.endsWith('README.md') && !index.includes(`(${path.slice(folder.length + 1)})`));
      expect(unlisted, `${folder}/README.md`).toEqual([]);
    }
    const broken = pages.flatMap(([path, text]) => [...text.matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)]
      .map(([, target]) => join(dirname(path), target ?? '')).filter((target) => !existsInRepository(target)).map((target) => `${path} -> ${target}`));
    expect(broken, 'broken links').toEqual([]);
  });

  it('names no path of a machine and no host of a registry', () => {
    const banned = /\/(home|root|work|Users)\/[a-z]|registry\.npmjs\.org|verdaccio|artifactory/;
    expect(linesWith(banned, [...texts].filter(([path]) => path !== 'packages/cmd/test/tidy.test.ts'))).toEqual([]);
  });

  it('keeps the memory bank short and dated', () => {
    for (const name of ['projectbrief', 'productContext', 'systemPatterns', 'techContext', 'activeContext', 'progress']) {
      const text = texts.get(`memory-bank/${name}.md`) ?? '';
      expect(text.split('\n').length, name).toBeLessThanOrEqual(150);
      expect(text, name).toMatch(/\d{4}-\d{2}-\d{2}/);
    }
  });
});

function packages(): string[] {
  return readdirSync(join(ROOT, 'packages')).filter((name) => statSync(join(ROOT, 'packages', name)).isDirectory()).sort();
}

/** What the manifest exports, and for the command what its bundle and its build scripts start from. */
function entryPoints(name: string): string[] {
  const manifest = texts.get(`packages/${name}/package.json`) ?? '';
  const exported = [...manifest.matchAll(/"@duckpond\/source": "\.\/(src\/[^"]+)"/g)].map(([, path]) => `packages/${name}/${path}`);
  const bins = sources.map(([path]) => path).filter((path) => path.startsWith(`packages/${name}/src/bin/`));
  const built = [...texts].filter(([path]) => new RegExp(`^packages/${name}/[^/]+\\.mjs$`).test(path))
    .flatMap(([, text]) => [...text.matchAll(/\bsrc\/[\w./-]+\.ts/g)].map(([path]) => `packages/${name}/${path}`));
  return [...exported, ...bins, ...built];
}

function existsInRepository(path: string): boolean {
  const clean = path.replace(/\/$/, '');
  return files.includes(clean) || files.some((file) => file.startsWith(`${clean}/`));
}
