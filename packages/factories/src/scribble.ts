import { selectOf } from '@duckpond/pond';
import { compareNames, computedChild, type DirectoryEntry } from '@duckpond/tinyfs';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type DefinedFactory, defineFactory } from './define.ts';
import { badConfig } from './errors.ts';

const KINDS = ['tree', 'table', 'series', 'data', 'syntree', 'symlink'] as const;

const schema = z.strictObject({
  count_min: z.int().min(1).describe('At least so many things are tried for in a directory'),
  count_max: z.int().min(2).max(1000).describe('At most so many; a table has a row more than the two are apart'),
  probs: z.record(z.string(), z.number().min(0).max(1)).describe('How likely a `tree` is, the deeper the less, and a `table`; series, '
    + 'data, syntree and symlink may be named and make nothing'),
  depth: z.int().min(1).max(32).default(1).describe('How deep the directory is taken to be'),
});

const EXAMPLE = `count_min: 2
count_max: 6
probs: { tree: 0.5, table: 0.5 }
`;

/** A tree to try things with: directories and tables that follow from the id of the node, and so are the same at each reading. */
export const SCRIBBLE: DefinedFactory = defineFactory(
  { name: 'scribble', summary: 'A tree of directories and tables made by chance, for tests', schema, example: EXAMPLE },
  {
    makes: 'directory',
    inputs: () => [],
    check: ({ count_min: least, count_max: most, probs }, file) => {
      const unknown = Object.keys(probs).find((kind) => !KINDS.some((known) => known === kind.toLowerCase()));
      const field = unknown === undefined ? 'count_max' : `probs.${unknown}`;
      if (unknown === undefined && least < most) return;
      const problem = unknown === undefined
        ? `is ${most}, more than count_min was wanted` : `is no field, one of ${KINDS.join(', ')} was wanted`;
      throw badConfig(file, [{ line: undefined, field, problem }]);
    },
    make: ({ config, node }) => {
      const { count_min: least, count_max: most, depth } = config;
      const probability = (kind: string): number => Object.entries(config.probs).find(([name]) => name.toLowerCase() === kind)?.[1] ?? 0;
      const draw = drawn(node.id);
      const children = new Map<string, DirectoryEntry>();
      for (let left = least + Math.floor(draw() * (most - least + 1)); left > 0; left -= 1) {
        const name = Array.from({ length: 1 + Math.floor(draw() * 16) }, () => Math.floor(draw() * 36).toString(36)).join('');
        if (depth < 32 && draw() < probability('tree') / depth) {
          const below = JSON.stringify({ ...config, depth: depth + 1 });
          children.set(name, { name, node: computedChild(node, name, 'directory', { factory: 'scribble', config: below }) });
        } else if (draw() < probability('table')) {
          const rows = JSON.stringify({ rows: most - least + 1 });
          children.set(name, { name, node: computedChild(node, name, 'table', { factory: 'scribble-table', config: rows }) });
        }
      }
      return {
        lookup: (name) => Promise.resolve(children.get(name)?.node),
        async *entries() { yield await Promise.resolve([...children.values()].sort((a, b) => compareNames(a.name, b.name))); },
      };
    },
  },
);

/** A table of such a tree. */
export const SCRIBBLE_TABLE: DefinedFactory = defineFactory(
  { name: 'scribble-table', summary: 'A table of a scribble tree', schema: z.strictObject({ rows: z.int().min(0) }), example: '' },
  {
    makes: 'table',
    inputs: () => [],
    rows: ({ config: { rows }, node }) => {
      const text = (column: string): string => `substr(md5('${node.id} ${column} ' || i), 1, 8)`;
      const quota = `CAST(hash('${node.id} ' || i) % 256 AS INTEGER)`;
      const sql = `SELECT ${text('name')} AS name, ${text('region')} AS region, ${quota} AS quota FROM range(${rows}) made(i)`;
      return Promise.resolve({ relation: { parts: [selectOf(sql, {})] } });
    },
  },
);

/** Numbers from 0 up to 1 that follow from a text. */
function drawn(seed: string): () => number {
  let count = 0;
  return () => createHash('sha256').update(`${seed} ${count++}`).digest().readUInt32BE() / 2 ** 32;
}
