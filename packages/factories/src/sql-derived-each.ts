import {
  basename, checkTemplate, compareNames, computedChild, type DirectoryEntry, expandCaptures, nameFault, parseGlob,
} from '@duckpond/tinyfs';
import { stringify } from 'yaml';
import { z } from 'zod';
import { type DefinedFactory, defineFactory } from './define.ts';
import { badConfig, FactoryError } from './errors.ts';
import { columnName, source } from './fields.ts';
import { pondPattern } from './node-graph.ts';
import { captureCount, matchesOf } from './source-match.ts';

const schema = z.strictObject({
  in_pattern: source.describe('The files: a pattern such as `/in/*.csv`, or a URL such as `csv:///in/*.txt?delim=;`'),
  out_pattern: z.string().min(1).optional().describe('The name of a series; `$0` is what the first wildcard matched. The name of the file, '
    + 'unless told'),
  query: z.string().min(1).describe('One SELECT over `source`, the rows of one file'),
  time_column: columnName.optional().describe('The column of event times in the result; `timestamp` unless told'),
});

const EXAMPLE = `in_pattern: csv:///in/*.csv
query: |
  SELECT "Date Time" AS timestamp, depth * 0.3048 AS depth
  FROM source
`;

/** A series for each match, all by one query. */
export const SQL_DERIVED_EACH: DefinedFactory = defineFactory(
  { name: 'sql-derived-each', summary: 'A directory with a series for each match of a pattern, by one query', schema, example: EXAMPLE },
  {
    makes: 'directory',
    inputs: ({ in_pattern: pattern }) => [pattern],
    check: ({ in_pattern: pattern, out_pattern: out }, file) => {
      try {
        if (out !== undefined) checkTemplate(out, captureCount(pattern) > 0 ? parseGlob(pondPattern(pattern) ?? '/') : parseGlob('/'));
      } catch (error) {
        throw badConfig(file, [{ line: undefined, field: 'out_pattern', problem: error instanceof Error ? error.message : String(error) }]);
      }
    },
    make: async ({ config: { in_pattern: pattern, out_pattern: out, query, time_column }, node, root }) => {
      const children = new Map<string, DirectoryEntry>();
      for (const { target, captures } of await matchesOf(root, pattern)) {
        const name = out === undefined ? basename(pondPattern(target) ?? target) ?? '' : expandCaptures(out, captures);
        const fault = nameFault(name) ?? (children.has(name) ? 'another file has it already' : undefined);
        if (fault !== undefined) {
          const what = `Cannot name the series of ${JSON.stringify(target)}: it would be ${JSON.stringify(name)}`;
          throw new FactoryError('bad-input', `${what}, ${fault}`, { target });
        }
        const config = stringify({ patterns: { source: target }, query, ...(time_column === undefined ? {} : { time_column }) });
        children.set(name, { name, node: computedChild(node, name, 'series', { factory: 'sql-derived-series', config }) });
      }
      return {
        lookup: (name) => Promise.resolve(children.get(name)?.node),
        async *entries() { yield await Promise.resolve([...children.values()].sort((a, b) => compareNames(a.name, b.name))); },
      };
    },
  },
);
