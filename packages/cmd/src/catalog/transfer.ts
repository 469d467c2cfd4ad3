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
      + 'a table gets a new version in place of the old one, the rows of a series are added to those it has. The name of the file tells '
      + 'the format (.parquet, .csv, .tsv, .json, .ndjson, .arrow, .xlsx, also with .gz, .zst, .bz2), or the URL does, with its options: '
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
      { line: 'pond copy host+series:///tmp/a.csv /sensors/a.series', summary: 'The rows of a file, added to a series' },
      { line: 'pond copy readings.csv /levels --kind table --unit level=m', summary: 'A table, with a unit' },
      { line: 'cat readings.csv | pond copy - /levels --kind series --format csv', summary: 'Rows from the standard input' },
      { line: "pond copy '/sensors/**' host:///tmp/out --strip-prefix /sensors", summary: 'Out of the pond' },
      { line: 'pond copy /sensors/a.series - --format csv', summary: 'Rows to the standard output' },
    ],
    exitCodes: { 3: 'Some files could not be read, the rest are committed' },
    load: () => import('../commands/copy.ts'),
  }),
  define({
    name: 'append',
    group: 'files',
    summary: 'Append a stream of rows to a series',
    description: [
      'Reads rows from the standard input into a series, which is made when there is none. Rows are committed in batches, each as one '
      + 'transaction, while the next ones are read; the input waits when that takes longer. Every batch has its columns found by itself: '
      + 'new columns and wider types extend the series.',
      'A row that is no row (broken JSON, another number of fields), or whose values are not what the column has, goes to '
      + 'PATH.rejected.ndjson with its line number, the reason and its text, in the same transaction; the exit code is 3 then.',
      'With --resume-key the number of bytes that were taken from the beginning of the input, and their SHA-256, are committed with each '
      + 'batch. After a kill, give the same input again with the same key: it goes on behind the last committed row, none is lost '
      + 'and none comes twice. An input that has grown is taken further; one whose beginning has changed is refused. A last line '
      + 'without a line end that is no whole JSON object is left for the next time. An interrupt leaves the last committed batch.',
    ],
    arguments: { path: { name: 'PATH', summary: 'The series', of: 'pond-path' } },
    options: {
      batchRows: { long: 'batch-rows', value: 'N', type: 'integer', summary: 'Commit after so many rows, default 1000000' },
      batchTime: { long: 'batch-time', value: 'T', summary: 'Commit after so long, such as 500ms or 10s, default 1s' },
      resumeKey: { long: 'resume-key', value: 'KEY', summary: 'The name of this input, to go on with it after an interruption' },
      timeColumn: { long: 'time-column', value: 'COL', summary: 'The column of event times of a new series; found without this' },
    },
    formats: ['ndjson', 'csv', 'tsv', 'arrow'],
    changes: true,
    examples: [
      { line: 'echo \'{"time":"2026-11-22T13:00:00Z","level":3}\' | pond append /levels', summary: 'NDJSON as it comes' },
      { line: 'pond append /levels --format csv --resume-key november < readings.csv', summary: 'A file, as often as it grows' },
    ],
    exitCodes: { 3: 'Some rows were rejected, the rest are committed' },
    load: () => import('../commands/append.ts'),
  }),
  define({
    name: 'export',
    group: 'files',
    summary: 'Write rows to a directory, divided by time, for other programs',
    description: [
      'Writes what the patterns match to files below DIR, and manifest.json, which lists them with the pond, the transaction, their '
      + 'source, rows, event times, size and SHA-256. What the wildcards of a pattern match forms the path below DIR: /sensors/*/*.series '
      + 'puts /sensors/north/a.series at north/a. A path without wildcards keeps its name. Tables and series become .parquet '
      + '(or what --format names), data files are copied.',
      '--temporal year,month divides rows by their event time, in UTC, into files such as north/a/year=2026/month=6/data-….parquet, as '
      + 'Hive, Spark and DuckDB read them; rows without a time go to __HIVE_DEFAULT_PARTITION__.',
      'Exported again, files with the same rows stay untouched; files that the last manifest lists and that are not made any more are '
      + 'removed, and nothing else in DIR ever is. A file that the manifest does not list is never written over. Until the new manifest '
      + 'is there, the old one stays valid.',
    ],
    arguments: {},
    options: {
      patterns: { long: 'pattern', short: 'p', value: 'PATTERN', repeat: true, of: 'pond-path', summary: 'A path or pattern in the pond' },
      directory: { long: 'dir', short: 'd', value: 'DIR', of: 'host-file', summary: 'The directory of the host; made when it is missing' },
      temporal: { long: 'temporal', value: 'PARTS', summary: 'year or year,month and so on, down to second' },
      startTime: { long: 'start-time', value: 'TIME', summary: 'Only rows from this event time on' },
      endTime: { long: 'end-time', value: 'TIME', summary: 'Only rows before this event time' },
    },
    formats: ['parquet', 'csv', 'tsv', 'json', 'ndjson', 'arrow', 'xlsx', 'markdown'],
    changes: true,
    acceptsAt: true,
    examples: [
      { line: "pond export -p '/sensors/*' -d /srv/sensors --temporal year,month", summary: 'A directory a sensor, a file a month' },
      { line: 'pond export -p /sensors/a.series -d out --format csv --start-time=-7d', summary: 'The last week, in one file' },
    ],
    load: () => import('../commands/export.ts'),
  }),
];
