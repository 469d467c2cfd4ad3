import type { ToldChild } from '@duckpond/pond';
import { compareNames, computedChild, type DirectoryEntry, nameFault } from '@duckpond/tinyfs';
import { stringify } from 'yaml';
import { z } from 'zod';
import { type DefinedFactory, defineFactory } from './define.ts';
import { badConfig, FactoryError } from './errors.ts';

const entry = z.strictObject({
  name: z.string().min(1).describe('The name in the directory'),
  factory: z.string().min(1).describe('The factory that makes it'),
  config: z.record(z.string(), z.unknown()).default({}).describe('Its config; of a `dynamic-dir` again entries'),
});
const schema = z.strictObject({ entries: z.array(entry).describe('What is in the directory') });
type Entry = z.infer<typeof entry>;

const EXAMPLE = `entries:
  - name: waves.series
    factory: synthetic-timeseries
    config:
      start: 2024-01-01T00:00:00Z
      end: 2024-02-01T00:00:00Z
      interval: 10m
      points:
        - name: level
          components: [{ type: sine, period: 12h }]
  - name: site
    factory: dynamic-dir
    config:
      entries: []
`;

/** A tree of computed nodes in one config. Their ids follow from the directory's and their names. */
export const DYNAMIC_DIR: DefinedFactory = defineFactory(
  { name: 'dynamic-dir', summary: 'A directory of computed nodes, all in one config', schema, example: EXAMPLE },
  {
    makes: 'directory',
    inputs: () => [],
    check: ({ entries }, file) => {
      for (const [at, { name }] of entries.entries()) {
        const fault = nameFault(name);
        const twice = entries.findIndex((other) => other.name === name) < at;
        if (fault === undefined && !twice) continue;
        const problem = fault === undefined ? `is ${JSON.stringify(name)} again, different names were wanted` : `is no name: ${fault}`;
        throw badConfig(file, [{ line: undefined, field: `entries[${at}].name`, problem }]);
      }
    },
    children: ({ entries }) => entries.map(toldChild),
    make: ({ config: { entries }, node, factories }) => {
      const children = entries.map((one): DirectoryEntry => {
        const { path: name, ...computed } = toldChild(one);
        const makes = factories.get(one.factory)?.makes;
        if (makes === undefined) throw unknownFactory(name, one.factory, [...factories.keys()]);
        // Each kind has a signature of its own.
        const child = makes === 'directory' ? computedChild(node, name, makes, computed) : computedChild(node, name, makes, computed);
        return { name, node: child };
      }).sort((a, b) => compareNames(a.name, b.name));
      return {
        lookup: (name) => Promise.resolve(children.find((child) => child.name === name)?.node),
        async *entries() { yield await Promise.resolve(children); },
      };
    },
  },
);

function toldChild({ name, factory, config }: Entry): ToldChild {
  return { path: name, factory, config: stringify(config) };
}

function unknownFactory(name: string, factory: string, known: readonly string[]): FactoryError {
  return new FactoryError('unknown-factory', `Cannot make ${JSON.stringify(name)}: there is no factory ${JSON.stringify(factory)}, one of `
    + `${known.map((one) => JSON.stringify(one)).sort().join(', ')} was wanted`, { factory });
}
