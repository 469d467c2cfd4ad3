import {
  compareNames, type ComputedDirectory, computedChild, type DirectoryEntry, type DirectoryNode, expandCaptures, nameFault, type WD,
} from '@duckpond/tinyfs';
import { type DefinedFactory, defineFactory } from '../define.ts';
import { FactoryError } from '../errors.ts';
import { matchesOf } from '../source-match.ts';
import {
  checkReduce, type Dataset, datasetsOf, type PartConfig, partSchema, REDUCE_EXAMPLE, type ReduceConfig, reduceInputs, reduceSchema,
  type RollupConfig, type RollupInput, sharedOf,
} from './reduce-config.ts';

/** Rollups of many inputs: a directory for each match, in it a series for each resolution. */
export const TEMPORAL_REDUCE: DefinedFactory = defineFactory(
  {
    name: 'temporal-reduce', summary: 'Rollups of series at several resolutions, kept up to date by what changed',
    schema: reduceSchema, example: REDUCE_EXAMPLE,
  },
  {
    makes: 'directory',
    check: checkReduce,
    inputs: reduceInputs,
    make: async ({ config, root, node }) => directoryOf(node, { shared: sharedOf(config), outputs: await outputsOf(root, config) }),
  },
);

/** A directory within such a directory. */
export const TEMPORAL_REDUCE_PART: DefinedFactory = defineFactory(
  { name: 'temporal-reduce-part', summary: 'A directory of a temporal-reduce node', schema: partSchema, example: '' },
  {
    makes: 'directory',
    inputs: ({ outputs }) => Object.values(outputs).flat().map(({ target }) => target),
    make: ({ config, node }) => directoryOf(node, config),
  },
);

/** The directories that matches are reduced to, with the matches of each. */
async function outputsOf(root: WD, config: ReduceConfig): Promise<PartConfig['outputs']> {
  const found = new Map<string, { readonly dataset: Dataset; readonly target: string; readonly captures: readonly string[] }[]>();
  for (const dataset of datasetsOf(config)) {
    for (const match of await matchesOf(root, dataset.in_pattern)) {
      const names = expandCaptures(dataset.out_pattern, match.captures).split('/').filter((name) => name !== '' && name !== '.');
      const fault = names.map((name) => nameFault(name)).find((problem) => problem !== undefined);
      if (fault !== undefined) {
        throw new FactoryError('bad-input', `Cannot reduce ${JSON.stringify(match.target)}: its directory would be `
          + `${JSON.stringify(names.join('/'))}, ${fault}`, { target: match.target });
      }
      const path = names.join('/');
      found.set(path, [...found.get(path) ?? [], { dataset, ...match }]);
    }
  }
  return Object.fromEntries([...found].map(([path, matches]) => [path, matches.map(({ dataset, target, captures }): RollupInput => {
    const dotted = matches.length < 2
      ? '' : captures.filter((capture) => capture !== '').map((capture) => `${capture.replaceAll('/', '.')}.`).join('');
    const prefix = dataset.column_prefix === undefined ? dotted : expandCaptures(dataset.column_prefix, captures);
    return { target, prefix, columns: dataset.columns, transforms: dataset.transforms };
  })]));
}

function directoryOf(node: DirectoryNode, { shared, outputs }: PartConfig): ComputedDirectory {
  const below = new Map<string, PartConfig['outputs']>();
  const entries: DirectoryEntry[] = [];
  for (const [path, inputs] of Object.entries(outputs)) {
    const [name = '', ...rest] = path.split('/');
    if (name === '') {
      for (const resolution of shared.resolutions) {
        const config = JSON.stringify({ ...shared, inputs, resolution, cache: node.id } satisfies RollupConfig);
        const child = `res=${resolution.replace(/\s+/g, '')}${shared.series_suffix}`;
        entries.push({ name: child, node: computedChild(node, child, 'series', { factory: 'temporal-reduce-series', config }) });
      }
    } else below.set(name, { ...below.get(name), [rest.join('/')]: inputs });
  }
  for (const [name, inner] of below) {
    const config = JSON.stringify({ shared, outputs: inner } satisfies PartConfig);
    entries.push({ name, node: computedChild(node, name, 'directory', { factory: 'temporal-reduce-part', config }) });
  }
  entries.sort((a, b) => compareNames(a.name, b.name));
  return {
    lookup: (name) => Promise.resolve(entries.find((entry) => entry.name === name)?.node),
    async *entries() { yield await Promise.resolve(entries); },
  };
}
