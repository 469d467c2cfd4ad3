import { type ArgumentSpec, type Command, define, type OptionSpec } from '../command.ts';
import { ROW_FORMATS } from '../output/format.ts';
import { DRY_RUN } from './pond.ts';

const TEXT_AND_ROWS = ['text', ...ROW_FORMATS];

const PATH_OR_URL: ArgumentSpec & { readonly of: 'pond-path' } = {
  name: 'PATH|URL', summary: 'A path, a pattern or a URL such as host+csv:///tmp/a.csv', of: 'pond-path',
};
const EXPLAIN: OptionSpec = { long: 'explain', summary: 'Run it, and print the plan and what was read instead of the rows' };

export const ROW_COMMANDS: readonly Command[] = [
  define({
    name: 'cat',
    group: 'files',
    summary: 'Print the content of a file',
    description: [
      'Tables, series and URLs of a format are printed as rows: as a table on a terminal, as Parquet into a pipe, or in the --format that '
      + 'is given. A data file, also host:///PATH, is printed as it is; with --format, --sql, --limit, --time-start, --time-end or '
      + '--explain its rows are, in the format that its name tells. --format raw prints bytes whatever they are.',
      'A pattern is the rows of all files that it matches, united by the names of their columns; times are RFC 3339, or ages such as -2h.',
    ],
    arguments: { path: PATH_OR_URL },
    options: {
      sql: { long: 'sql', alias: 'query', value: 'QUERY', summary: 'A query over the rows, which are called source' },
      limit: { long: 'limit', value: 'N', type: 'integer', summary: 'At most N rows' },
      timeStart: { long: 'time-start', value: 'TIME', summary: 'Only rows of this time or later' },
      timeEnd: { long: 'time-end', value: 'TIME', summary: 'Only rows before this time' },
      version: { long: 'version', value: 'N', type: 'integer', summary: 'One version alone' },
      explain: EXPLAIN,
    },
    formats: ['raw', ...ROW_FORMATS],
    examples: [
      { line: 'pond cat /notes.txt --version 1', summary: 'The first version of a data file' },
      { line: "pond cat /sensors/a.series --sql 'SELECT avg(temp) FROM source'", summary: 'A query over one series' },
      { line: 'pond cat /sensors/a.series --time-start -1d --format csv', summary: 'What the last day brought, as CSV' },
      { line: "pond cat 'host+csv:///tmp/*.csv' --limit 5", summary: 'Files of the host; this needs no pond' },
    ],
    load: () => import('../commands/cat.ts'),
  }),
  define({
    name: 'sql',
    group: 'files',
    summary: 'Run SQL over the pond and the host',
    description: [
      'Names in FROM are paths, patterns and URLs in quotes, pond.nodes and the other system tables, and what -t names. The rows are those '
      + 'of the last statement. A QUERY of -, or none when the input is a pipe, is read from the standard input; on a terminal a '
      + 'session begins.',
      'A query reads and never changes the pond. What only names files of the host, or nothing, needs none.',
    ],
    arguments: { query: { name: 'QUERY', summary: 'A query or a script', optional: true } },
    options: {
      file: { long: 'file', short: 'f', value: 'FILE', of: 'host-file', summary: 'A script' },
      tables: { long: 'table', short: 't', value: 'NAME=PATTERN', repeat: true, summary: 'A name for a path, a pattern or a URL' },
      params: { long: 'param', value: 'NAME=VALUE', repeat: true, summary: 'The value of $NAME, or of $1 for 1' },
      explain: EXPLAIN,
    },
    formats: ROW_FORMATS,
    examples: [
      { line: 'pond sql', summary: 'A session on a terminal; .help tells what it knows' },
      { line: "pond sql \"SELECT count(*) FROM '/sensors/*.series'\"", summary: 'Rows of all series in a directory' },
      { line: "pond sql -t s=/sensors/a.series --param low=5 'FROM s WHERE temp < $low'", summary: 'A name and a parameter' },
      { line: "pond sql \"SELECT * FROM 'host+parquet:///tmp/a.parquet' LIMIT 3\"", summary: 'A file of the host, without a pond' },
    ],
    exitCodes: { 1: 'The query failed' },
    load: () => import('../commands/sql.ts'),
  }),
  define({
    name: 'head',
    group: 'files',
    summary: 'Print the first rows or lines of a file',
    description: ['Rows of tables, series and URLs; lines of data files, unless --format asks for their rows.'],
    arguments: { path: PATH_OR_URL },
    options: {
      lines: { long: 'lines', short: 'n', value: 'N', type: 'integer', summary: 'So many rows or lines, default 10' },
      bytes: { long: 'bytes', short: 'c', value: 'N', type: 'integer', summary: 'So many bytes of a data file' },
    },
    formats: ROW_FORMATS,
    examples: [
      { line: 'pond head -n 3 /in/readings.csv', summary: 'The first three lines' },
      { line: 'pond head /sensors/a.series', summary: 'The first ten rows' },
    ],
    load: () => import('../commands/head.ts'),
  }),
  define({
    name: 'tail',
    group: 'files',
    summary: 'Print the last rows or lines of a file',
    description: [
      'Rows of tables, series and URLs, in the order in which they came; lines of data files, unless --format asks for their rows.',
      'With -f it goes on until it is interrupted: every version that a commit of any process brings is printed, once and whole.',
    ],
    arguments: { path: PATH_OR_URL },
    options: {
      lines: { long: 'lines', short: 'n', value: 'N', type: 'integer', summary: 'So many rows or lines, default 10' },
      bytes: { long: 'bytes', short: 'c', value: 'N', type: 'integer', summary: 'So many bytes of a data file' },
      follow: { long: 'follow', short: 'f', summary: 'Go on with what comes: table, csv, tsv or ndjson' },
    },
    formats: ROW_FORMATS,
    examples: [
      { line: 'pond tail -n 3 /sensors/a.series', summary: 'The last three rows' },
      { line: 'pond tail -f /sensors/a.series --format ndjson', summary: 'Every new row, for a program' },
    ],
    load: () => import('../commands/tail.ts'),
  }),
  define({
    name: 'count',
    group: 'files',
    summary: 'Print the number of rows',
    arguments: { path: PATH_OR_URL },
    options: {},
    formats: ['text', 'json'],
    examples: [{ line: "pond count '/sensors/*.series'", summary: 'Of all files that a pattern matches together' }],
    load: () => import('../commands/count.ts'),
  }),
  define({
    name: 'describe',
    group: 'files',
    summary: 'Show kind, schema, times and sizes',
    description: [
      'Tables and series know all of it, however many versions they have. Data files whose name tells a format, and URLs, are opened for '
      + 'their columns. --stats reads the rows: nulls, the least and the greatest value of each column, and about how many there are.',
    ],
    arguments: { path: { ...PATH_OR_URL, name: 'PATTERN|URL' } },
    options: { stats: { long: 'stats', summary: 'Also read the rows: nulls, min, max, distinct values' } },
    formats: TEXT_AND_ROWS,
    examples: [
      { line: 'pond describe /sensors/a.series', summary: 'The columns with their units, and the times' },
      { line: "pond describe '/sensors/*' --json", summary: 'For a program' },
      { line: 'pond describe host+parquet:///tmp/a.parquet --stats', summary: 'A file of the host' },
    ],
    load: () => import('../commands/describe.ts'),
  }),
  define({
    name: 'set-column',
    group: 'files',
    summary: 'Say what a column is: its unit and a description',
    description: ['describe and plot show them, and they travel with Parquet. An empty text takes one away.'],
    arguments: {
      path: { name: 'PATH', summary: 'A table or series', of: 'pond-path' },
      column: { name: 'COLUMN', summary: 'One of its columns' },
    },
    options: {
      unit: { long: 'unit', value: 'UNIT', summary: 'Such as m3/s' },
      description: { long: 'description', value: 'TEXT', summary: 'What it is' },
      dryRun: DRY_RUN,
    },
    changes: true,
    examples: [{ line: "pond set-column /sensors/a.series temp --unit '°C'", summary: 'A temperature' }],
    load: () => import('../commands/set-column.ts'),
  }),
  define({
    name: 'plot',
    group: 'files',
    summary: 'Draw rows in the terminal, or as a picture',
    description: [
      'Without --x the time column is across, without --y the first eight columns of numbers are drawn. - reads the standard input.',
    ],
    arguments: { path: { ...PATH_OR_URL, name: 'PATH|URL|-' } },
    options: {
      x: { long: 'x', value: 'COLUMN', summary: 'The horizontal column' },
      y: { long: 'y', value: 'COLUMN', repeat: true, summary: 'A column to draw; several are given several times, or with commas' },
      sql: { long: 'sql', alias: 'query', value: 'QUERY', summary: 'Draw a query over the rows, which are called source' },
      timeStart: { long: 'time-start', value: 'TIME', summary: 'Only rows of this time or later' },
      timeEnd: { long: 'time-end', value: 'TIME', summary: 'Only rows before this time' },
      out: { long: 'out', short: 'o', value: 'FILE', of: 'host-file', summary: 'A picture, .svg or .png' },
      title: { long: 'title', value: 'TEXT', summary: 'Default the path' },
      width: { long: 'width', value: 'N', type: 'integer', summary: 'Cells of the terminal, or pixels' },
      height: { long: 'height', value: 'N', type: 'integer', summary: 'Cells of the terminal, or pixels' },
      inputFormat: {
        long: 'input-format', value: 'FORMAT', choices: ['csv', 'tsv', 'ndjson', 'json', 'parquet', 'arrow'],
        summary: 'Of the standard input, default csv',
      },
    },
    examples: [
      { line: 'pond plot /sensors/a.series --y temp --time-start -7d', summary: 'A week in the terminal' },
      { line: 'pond plot /sensors/a.series --out week.png', summary: 'A picture' },
      { line: "pond sql \"FROM '/in/readings.csv'\" --format csv | pond plot -", summary: 'The result of a query' },
    ],
    load: () => import('../commands/plot.ts'),
  }),
  define({
    name: 'detect-overlaps',
    group: 'files',
    summary: 'List pairs of versions of a series whose times overlap',
    arguments: { path: { name: 'PATTERN', summary: 'Series', of: 'pond-path' } },
    options: {},
    formats: TEXT_AND_ROWS,
    examples: [{ line: "pond detect-overlaps '/sensors/**'", summary: 'A line for each pair: versions, times, path' }],
    load: () => import('../commands/detect-overlaps.ts'),
  }),
  define({
    name: 'gaps',
    group: 'files',
    summary: 'List the holes of a series with their times and lengths',
    description: [
      'A hole is where the next reading comes later than one and a half steps. The step is the median time between the readings of each '
      + 'series, unless --every says it. A pattern is each series that it matches; a file that is named alone may be any with times.',
      'The time from the newest reading until now is no hole.',
    ],
    arguments: { path: { name: 'PATTERN|URL', summary: 'Series', of: 'pond-path' } },
    options: { every: { long: 'every', value: 'D', summary: 'A reading is wanted each so often, such as 15m' } },
    formats: TEXT_AND_ROWS,
    examples: [
      { line: "pond gaps '/sensors/**/*.series'", summary: 'A line for each hole: last and next reading, length, readings missing' },
      { line: 'pond gaps /sensors/a.series --every 15m --json', summary: 'For a program' },
    ],
    load: () => import('../commands/gaps.ts'),
  }),
  define({
    name: 'check',
    group: 'files',
    summary: 'Compare the newest readings with limits',
    description: [
      'The limits are YAML, of FILE or of /system/etc/check.yaml in the pond: checks is a list of pattern and column with stale (an age), '
      + 'above, below, rate (change an hour between the two newest readings), and battery (below which one is, of column or of every '
      + 'column with batt in its name). Only the newest reading counts, and what came between two runs is not looked at.',
      'A line for each breach; no series for a pattern and no column of a name are breaches, too.',
    ],
    arguments: {},
    options: { file: { long: 'file', short: 'f', value: 'FILE', of: 'host-file', summary: 'The limits; - is the standard input' } },
    formats: TEXT_AND_ROWS,
    examples: [
      { line: 'pond check -f limits.yaml', summary: 'For a timer: silent and 0 when all is well' },
      { line: 'pond check --json', summary: 'By the limits that the pond holds, for a program' },
    ],
    exitCodes: { 1: 'Something is beyond its limit, or the check failed' },
    load: () => import('../commands/check.ts'),
  }),
  define({
    name: 'set-temporal-bounds',
    group: 'files',
    summary: 'Give a version of a series other times',
    description: ['detect-overlaps and describe then go by these times. Queries do not: the rows tell which of them a time finds.'],
    arguments: { path: { name: 'PATH', summary: 'A series', of: 'pond-path' } },
    options: {
      version: { long: 'version', value: 'N', type: 'integer', summary: 'The version' },
      from: { long: 'from', value: 'TIME', summary: 'Its first time' },
      to: { long: 'to', value: 'TIME', summary: 'Its last time' },
      dryRun: DRY_RUN,
    },
    changes: true,
    examples: [{ line: 'pond set-temporal-bounds /sensors/a.series --version 1 --from -9d --to -2d', summary: 'One month' }],
    load: () => import('../commands/set-temporal-bounds.ts'),
  }),
];
