import { type ComputedRows, type FactoryContext, PondError } from '@duckpond/pond';
import {
  compareNames, type ComputedDirectory, computedChild, type DirectoryEntry, type DirectoryNode, nameFault,
} from '@duckpond/tinyfs';
import { z } from 'zod';
import { type DefinedFactory, defineFactory } from './define.ts';
import { FactoryError } from './errors.ts';
import { columnsOf } from './source-columns.ts';
import { schemaFields } from './template/fields.ts';
import { compileTemplate, isEscapedName } from './template/safe-template.ts';

/** A page that is to be made: where it is below its directory, and of what. */
export interface Page {
  readonly template?: string | undefined;
  readonly template_file?: string | undefined;
  readonly escape?: boolean | undefined;
  readonly path: string;
  readonly matches: readonly { readonly target: string; readonly captures: readonly string[] }[];
}

const page: z.ZodType<Page> = z.strictObject({
  template: z.string().optional(), template_file: z.string().optional(), escape: z.boolean().optional(), path: z.string(),
  matches: z.array(z.strictObject({ target: z.string(), captures: z.array(z.string()) })),
});
const level = z.strictObject({ depth: z.int().min(1), pages: z.array(page) });

/** A directory among the pages of a template. */
export const TEMPLATE_LEVEL: DefinedFactory = defineFactory(
  { name: 'template-level', summary: 'A directory among the pages of a template', schema: level, example: '' },
  { makes: 'directory', inputs: () => [], make: ({ config: { pages, depth }, node }) => levelOf(node, pages, depth) },
);

/** One page of a template. */
export const TEMPLATE_PAGE: DefinedFactory = defineFactory(
  { name: 'template-page', summary: 'One page of a template', schema: page, example: '' },
  {
    makes: 'data',
    inputs: ({ matches, template_file: file }) => [...matches.map(({ target }) => target), ...(file === undefined ? [] : [file])],
    content: (context) => contentOf(context, context.config),
  },
);

/** The pages whose paths begin alike, as a directory of files and directories. */
export function levelOf(node: DirectoryNode, pages: readonly Page[], depth: number): ComputedDirectory {
  const byName = new Map<string, Page[]>();
  for (const one of pages) {
    const name = pathNames(one.path)[depth] ?? '';
    byName.set(name, [...byName.get(name) ?? [], one]);
  }
  const children = [...byName].map(([name, inside]): DirectoryEntry => {
    const file = inside.find(({ path }) => pathNames(path).length === depth + 1);
    if (file === undefined) {
      const config = JSON.stringify({ depth: depth + 1, pages: inside });
      return { name, node: computedChild(node, name, 'directory', { factory: 'template-level', config }) };
    }
    if (inside.length === 1) {
      return { name, node: computedChild(node, name, 'data', { factory: 'template-page', config: JSON.stringify(file) }) };
    }
    const what = `Cannot make the page ${JSON.stringify(file.path)}: others are to be below it`;
    throw new FactoryError('bad-input', `${what}, another path was wanted`, { path: file.path });
  }).sort((a, b) => compareNames(a.name, b.name));
  return {
    lookup: (name) => Promise.resolve(children.find((child) => child.name === name)?.node),
    async *entries() { yield await Promise.resolve(children); },
  };
}

/** @throws FactoryError `bad-input` when it is no path of names */
export function pathNames(path: string): readonly string[] {
  const names = path.split('/');
  const fault = names.map(nameFault).find((one) => one !== undefined);
  if (fault === undefined) return names;
  const what = `Cannot make the page ${JSON.stringify(path)}: ${fault}`;
  throw new FactoryError('bad-input', `${what}, a path below the directory was wanted`, { path });
}

async function* contentOf(context: Omit<FactoryContext, 'config'>, config: Page): AsyncGenerator<Uint8Array> {
  const matches = await Promise.all(config.matches.map(async ({ target, captures }) => {
    const found = await rowsOf(context, target);
    const columns = found === undefined ? [] : await columnsOf(context, found.relation);
    return { path: target, captures, schema: { fields: schemaFields(columns, found?.timeColumn) } };
  }));
  const [first] = matches;
  const exported = context.environment.exported?.();
  const [name = ''] = pathNames(config.path).slice(-1);
  const values = {
    name, path: config.path, matches, captures: first?.captures ?? [], schema: first?.schema ?? { fields: [] },
    args: first === undefined || first.captures.length === 0 ? [name.replace(/\.[^.]*$/, '')] : first.captures,
    ...(exported === undefined ? {} : { export: exported }),
  };
  const file = config.template_file;
  const text = config.template ?? (file === undefined ? '' : await textOf(context, file));
  const template = compileTemplate(text, { name: file ?? config.path, isEscaped: config.escape ?? isEscapedName(config.path) });
  yield Buffer.from(template.render(values));
}

/** Undefined for what has no rows: a page may be about a text, too. */
async function rowsOf({ rows }: Pick<FactoryContext, 'rows'>, target: string): Promise<ComputedRows | undefined> {
  try {
    return await rows(target);
  } catch (error) {
    if (error instanceof PondError && error.code === 'not-tabular') return undefined;
    throw error;
  }
}

async function textOf({ root }: Pick<FactoryContext, 'root'>, path: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of root.read(path)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
