import { type Command, define } from '../command.ts';
import { ROW_FORMATS } from '../output/format.ts';
import { ATTACHMENT_OPTIONS } from '../remotes/attachment-options.ts';
import { DRY_RUN } from './pond.ts';

const URL = { name: 'URL', summary: 's3://BUCKET/PREFIX, file:///DIRECTORY or a directory', of: 'host-file' } as const;
const AWAY = 'The other side is away or refuses';

/** Plain Delta tables, for other engines. */
export const LAKE_COMMANDS: readonly Command[] = [
  define({
    name: 'lake push',
    group: 'elsewhere',
    summary: 'Bring tables and series to plain Delta tables of other engines',
    description: [
      'Each table or series that PATTERN matches, computed ones too, becomes a Delta table below URL, at its path without extension, '
      + 'or is brought to the newest state there: a series gets the rows of its new versions, a table and what is computed is replaced '
      + 'when it has changed. Each does so in one commit, which names what it brought: an interrupted push goes on, and nothing comes '
      + 'twice.',
      'Rows that others append to the table of a series stay. Small files become part of larger ones. Timestamps are UTC, and types that '
      + 'Delta does not have are text; docs/lake.md has the list.',
    ],
    arguments: { url: URL, pattern: { name: 'PATTERN', summary: 'Only what it matches', optional: true, of: 'pond-path' } },
    options: {
      ...ATTACHMENT_OPTIONS,
      fileSize: { long: 'file-size', value: 'MIB', type: 'integer', summary: 'Data files end at this size, default 128' },
      dryRun: DRY_RUN,
    },
    formats: ['text', ...ROW_FORMATS],
    changes: true,
    examples: [
      { line: 'pond lake push ./lake', summary: 'All tables and series to a directory' },
      { line: "pond lake push s3://lake/water '/sensors/**' --endpoint https://s3.example.org", summary: 'Some to a bucket' },
    ],
    exitCodes: { 1: 'A table of others is in the way, or cannot take the rows', 3: 'Some tables failed, the others are done', 13: AWAY },
    load: () => import('../commands/lake-push.ts'),
  }),
  define({
    name: 'lake doctor',
    group: 'elsewhere',
    summary: 'Examine Delta tables, and show how other engines open them',
    description: [
      'Looks at every Delta table below URL, whoever made it: protocol, gaps in the log, missing files and files of another size, '
      + 'statistics, sizes that make reading slow, files that nothing refers to; and whether the place lets two writers commit safely, for '
      + 'which an object is made and removed again. Then it prints how Spark, Sail, DuckDB, Polars, Daft, Trino, ClickHouse and pandas '
      + 'open the first table.',
    ],
    arguments: { url: URL },
    options: ATTACHMENT_OPTIONS,
    formats: ['text', 'json'],
    examples: [{ line: 'pond lake doctor ./lake', summary: 'All tables below a directory' }],
    exitCodes: { 1: 'Something is wrong that loses rows or cannot be read', 13: AWAY },
    load: () => import('../commands/lake-doctor.ts'),
  }),
];
