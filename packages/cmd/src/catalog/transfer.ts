import { type Command, define } from '../command.ts';
import { DRY_RUN } from './pond.ts';

const OUT = ['parquet', 'csv', 'tsv', 'json', 'ndjson', 'arrow', 'xlsx', 'markdown', 'table', 'raw'];
const ONLY_IN = ['excel', 'oteljson', 'weblog', 'excelhtml', 'file', 'delta'];

/** What brings bytes and rows into the pond and out of it. */
export const TRANSFER_COMMANDS: readonly Command[] = [
  define({
    name: 'copy',
    group: 'files',
    summary: 'Copy between the host and the pond',
    description: [
      'DEST starting with host: (or -, the standard output) copies out of the pond, otherwise into it. A SRC without a scheme is a file, '
      + 'directory or pattern of the host when copying in; - is the standard input. Directories are copied with all that is in them. '
      + 'All files of a copy are one transaction: when one cannot be read as rows, nothing is changed.',
      'host:///F (or F alone) copies bytes: a data file that is there gets a new version. host+table:///F and host+series:///F copy rows: '
      + 'a table gets a new version in place of the old one, the rows of a series are added to those it has. The name of the file tells the '
      + 'format (.parquet, .csv, .tsv, .json, .ndjson, .arrow, .xlsx, also with .gz, .zst, .bz2), or the URL does, with its options: '
      + 'host+csv+series:///F?delim=;. --kind and --format say the same of sources without a URL, such as the standard input. Several '
      + 'sources of a series may go to one name. New columns and wider types extend a series; columns that contradict it are refused.',
      'Copying out, paths are kept below the directory, and names as they are. Tables and series become Parquet, with units and '
      + 'descriptions in its metadata, or what --format names; raw is their bytes as stored. A file appears whole or not at all.',
    ],
    arguments: { words: { name: 'SRC... DEST', summary: 'Sources, then where to', rest: true, of: 'host-file' } },
    options: {
      kind: {
        long: 'kind', value: 'KIND', choices: ['data', 'table', 'series'], summary: 'What sources that do not say it become, default data',
      },
      timeColumn: { long: 'time-column', value: 'COL', summary: 'The column of event times; found by its name and type without this' },
      units: { long: 'unit', value: 'COL=UNIT', repeat: true, summary: 'The unit of a column' },
      descriptions: { long: 'description', value: 'COL=TEXT', repeat: true, summary: 'What a column means' },
      stripPrefix: { long: 'strip-prefix', value: 'P', summary: 'Leave this off the paths when copying out', of: 'pond-path' },
      dryRun: DRY_RUN,
    },
    formats: [...OUT, ...ONLY_IN],
    changes: true,
    acceptsAt: true,
    examples: [
      { line: 'pond copy readings.csv /in/', summary: 'The bytes of a file into a directory of the pond' },
      { line: "pond copy 'host+series:///var/log/station/*.csv' /station", summary: 'The rows of several files, one after the other' },
      { line: "pond copy 'host+csv+table:///tmp/sites.txt?delim=;' /sites --unit depth=m", summary: 'A table out of a file with another name' },
      { line: 'curl -s https://example.org/a.csv | pond copy - /a --kind series --format csv', summary: 'Rows from the standard input' },
      { line: "pond copy '/sensors/**' host:///tmp/out --strip-prefix /sensors", summary: 'Out of the pond' },
      { line: 'pond copy /station - --format csv', summary: 'Rows to the standard output' },
    ],
    exitCodes: { 3: 'Some files could not be read, the rest are committed' },
    load: () => import('../commands/copy.ts'),
  }),
];
