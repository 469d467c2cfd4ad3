import type { Applied, ReadText, Resource } from '@duckpond/factories';
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { FACTORIES } from '../factories.ts';
import { createHostCopies } from '../host/copies.ts';
import { readHostText } from '../host/read-text.ts';
import { changePond } from '../open-pond.ts';
import { emitRows } from '../output/emit.ts';
import { printable } from '../output/printable.ts';
import type { Column } from '../output/rows.ts';

interface Options {
  readonly files: readonly string[];
  readonly variables: readonly string[];
  readonly prune: boolean;
  readonly dryRun: boolean;
}

const COLUMNS: readonly Column[] = [{ name: 'state', type: 'string' }, { name: 'kind', type: 'string' }, { name: 'path', type: 'string' }];
const PLANNED: Readonly<Record<Applied['state'], string>> = {
  created: 'would create', updated: 'would update', unchanged: 'unchanged', removed: 'would remove',
};

export async function run(context: Context, { more }: { more: readonly string[] }, options: Options): Promise<void> {
  const { variables, prune, dryRun } = options;
  const files = [...options.files, ...more];
  if (files.length === 0) throw new CliError('usage', 'Cannot run "apply": no file is named, -f FILE was wanted', 'pond apply --help');
  const { applyResources, checkResources, createVariables, readDocuments } = await import('@duckpond/factories');
  const values = createVariables(assignments(variables), (name) => context.effects.env[name]);
  const resources: Resource[] = [];
  for (const file of files) resources.push(...await readDocuments(await readHostText(context, file), file, values, textBeside(context)));
  await checkResources(resources, FACTORIES);
  const { value: applied, transaction } = await changePond(context, dryRun, async (root, pond) => {
    const copies = createHostCopies(context, pond);
    try {
      return await applyResources(root, resources, { factories: FACTORIES, copies, prune });
    } finally {
      await copies.close();
    }
  });
  const wordOf = ({ state }: Applied): string => (dryRun ? PLANNED[state] : state);
  const lines = applied.map((one) => `${wordOf(one)} ${printable(one.kind)} ${printable(one.path)}`);
  const isIdle = transaction === undefined && !dryRun;
  await emitRows(context, { columns: COLUMNS, rows: applied.map((one) => [wordOf(one), one.kind, one.path]) },
    () => (isIdle ? [...lines, 'no transaction'] : lines));
}

/** What a document names: beside it, or in the working directory. */
function textBeside(context: Context): ReadText {
  return async (path, file) => {
    const beside = join(dirname(file), path);
    const isThere = !isAbsolute(path) && existsSync(resolve(context.effects.cwd(), beside));
    return readHostText(context, isThere ? beside : path);
  };
}

/** `KEY=VALUE`, several times; the last one of a key counts. @throws CliError `usage` */
function assignments(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(texts.map((text) => {
    const at = text.indexOf('=');
    if (at < 1 || !/^[A-Za-z_]\w*$/.test(text.slice(0, at))) {
      throw new CliError('usage', `Cannot read -v "${at < 0 ? text : text.slice(0, at)}": it is no name, KEY=VALUE was wanted`);
    }
    return [text.slice(0, at), text.slice(at + 1)];
  }));
}
