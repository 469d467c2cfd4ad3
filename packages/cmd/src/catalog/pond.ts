import { type Command, define, type OptionSpec } from '../command.ts';
import { ROW_FORMATS } from '../output/format.ts';

const TEXT_AND_ROWS = ['text', ...ROW_FORMATS];
const REPORT = ['text', 'json'];

export const DRY_RUN: OptionSpec = { long: 'dry-run', short: 'n', summary: 'Say what would be done and change nothing' };

export const POND_COMMANDS: readonly Command[] = [
  define({
    name: 'init',
    group: 'pond',
    summary: 'Create a pond',
    description: [
      'Creates it where --pond or POND says, in a missing or an empty directory. Anything else is refused and stays untouched.',
    ],
    arguments: {},
    options: { birthplace: { long: 'birthplace', value: 'LABEL', summary: 'A label for where this pond was made' } },
    changes: true,
    examples: [
      { line: 'POND=./water pond init', summary: 'A pond in ./water' },
      { line: 'pond --pond ./water init --birthplace "pump house"', summary: 'The same with a label' },
    ],
    exitCodes: { 1: 'There is a pond already, or the directory is not empty', 10: 'Neither --pond nor POND is given' },
    load: () => import('../commands/init.ts'),
  }),
  define({
    name: 'show',
    group: 'pond',
    summary: 'Show the operation log, a row for each record, oldest first',
    arguments: {},
    options: {
      limit: { long: 'limit', value: 'N', type: 'integer', summary: 'Only the newest N records' },
      entries: { long: 'entries', summary: 'With the decoded entries of each record' },
    },
    formats: ROW_FORMATS,
    examples: [
      { line: 'pond show --limit 20', summary: 'The newest records' },
      { line: 'pond show --entries --format ndjson', summary: 'All of the log for a program' },
    ],
    load: () => import('../commands/show.ts'),
  }),
  define({
    name: 'log',
    group: 'pond',
    summary: 'Show the transactions, newest first',
    description: [
      'People see the newest 20, or as many as the setting log.limit says; CSV, JSON and the other formats for programs hold all of them '
      + 'when they go to a file or a pipe.',
    ],
    arguments: {
      path: { name: 'PATH', summary: 'Only those that changed this path or anything below it', optional: true, of: 'pond-path' },
    },
    options: {
      limit: { long: 'limit', value: 'N', type: 'integer', summary: 'Only the newest N' },
      txn: { long: 'txn', value: 'N', type: 'integer', summary: 'One transaction in full' },
    },
    formats: TEXT_AND_ROWS,
    examples: [
      { line: 'pond log --limit 5', summary: 'The last five transactions' },
      { line: 'pond log --txn 7', summary: 'What transaction 7 did' },
      { line: 'pond log /sensors --format csv', summary: 'What happened to a directory, as CSV' },
    ],
    load: () => import('../commands/log.ts'),
  }),
  define({
    name: 'status',
    group: 'pond',
    summary: 'Show the state of the pond at one look',
    arguments: {},
    options: { maxAge: { long: 'max-age', value: 'DURATION', summary: 'Unhealthy when the last transaction is older, such as 2h' } },
    formats: REPORT,
    examples: [
      { line: 'pond status', summary: 'For a person' },
      { line: 'pond -q status --max-age 2h --json', summary: 'For a monitor: exit 1 when nothing was written for two hours' },
    ],
    exitCodes: { 0: 'Healthy', 1: 'Unhealthy, or failed' },
    load: () => import('../commands/status.ts'),
  }),
  define({
    name: 'config',
    group: 'pond',
    summary: 'List the settings of the pond',
    description: ['An option of a command wins over a variable, such as POND_LOG_LIMIT for log.limit, and that over what the pond stores.'],
    arguments: {},
    options: { showOrigin: { long: 'show-origin', summary: 'With where each value comes from' } },
    formats: TEXT_AND_ROWS,
    examples: [{ line: 'pond config --show-origin', summary: 'All settings and where they come from' }],
    load: () => import('../commands/config.ts'),
  }),
  define({
    name: 'config set',
    group: 'pond',
    summary: 'Store a setting in the pond',
    arguments: { key: { name: 'KEY', summary: 'The setting' }, value: { name: 'VALUE', summary: 'Its new value' } },
    options: {},
    changes: true,
    examples: [{ line: 'pond config set log.limit 50', summary: 'Change one setting' }],
    exitCodes: { 2: 'There is no such setting, or it cannot have that value' },
    load: () => import('../commands/config-set.ts'),
  }),
  define({
    name: 'diff',
    group: 'pond',
    summary: 'Show what changed between two states',
    description: [
      'A and B are transactions or times. Without B it is the newest state, without A the state before the last transaction. '
      + 'Ages such as -2h go after --.',
    ],
    arguments: {
      words: { name: 'A|B|PATTERN', summary: 'Up to two states, and a pattern that begins with /', optional: true, rest: true },
    },
    options: {},
    formats: TEXT_AND_ROWS,
    examples: [
      { line: 'pond diff', summary: 'What the last transaction did' },
      { line: "pond diff 3 7 '/sensors/**'", summary: 'Between two transactions, below one directory' },
      { line: 'pond diff -- -2h', summary: 'In the last two hours' },
    ],
    load: () => import('../commands/diff.ts'),
  }),
  define({
    name: 'revert',
    group: 'pond',
    summary: 'Restore an old state in a new transaction',
    arguments: { what: { name: 'TXN|PATH', summary: 'A transaction for the whole pond, or a path with --to', of: 'pond-path' } },
    options: {
      to: { long: 'to', value: 'N', type: 'integer', summary: 'Version of a file, or transaction for a directory' },
      dryRun: DRY_RUN,
    },
    changes: true,
    examples: [
      { line: 'pond revert 12 --dry-run', summary: 'What would change' },
      { line: 'pond revert /sensors/a.csv --to 3', summary: 'Version 3 of a file again' },
    ],
    load: () => import('../commands/revert.ts'),
  }),
  define({
    name: 'fsck',
    group: 'pond',
    summary: 'Check that everything is as it was written',
    description: [
      'Prints the content root, 64 hex digits over the whole tree; -v adds counts. Faults are named on stderr.',
      'With --repair lost data files are written again where there are copies of all they held, what is derived is rebuilt and what dead '
        + 'processes left unfinished is removed. What has no copy stays as it is.',
    ],
    arguments: {},
    options: {
      quick: { long: 'quick', summary: 'Check the log and the tree, but do not read the contents' },
      repair: { long: 'repair', summary: 'Mend what can be mended' },
      dryRun: DRY_RUN,
    },
    formats: REPORT,
    examples: [
      { line: 'pond fsck', summary: 'Check everything' },
      { line: 'pond fsck --quick --verbose', summary: 'A fast check with counts' },
      { line: 'pond fsck --repair --dry-run', summary: 'What would be mended' },
    ],
    exitCodes: { 0: 'Nothing is damaged, or nothing is any more', 12: 'Something is damaged; each fault is named' },
    load: () => import('../commands/fsck.ts'),
  }),
  define({
    name: 'maintain',
    group: 'pond',
    summary: 'Merge small files and remove what nothing refers to',
    description: [
      'Merging also happens by itself while the pond is written. Without an option both are done.',
      'Files go when readers of the last hour cannot want them any more, files of the log after maintain.log_retention (pond config).',
      '--purge removes the content of the older versions of a file, and of files of that name that were removed, for good. That they were '
        + 'there stays in the log. Their bytes leave the disk an hour later, those of large ones a day after they were written, with the '
        + 'next pond maintain.',
      '--collapse puts all versions of a series together in files of up to 128 MiB, however few or large they are; queries and older '
        + 'states answer as before. What is merged leaves the disk as after --compact.',
    ],
    arguments: {},
    options: {
      compact: { long: 'compact', summary: 'Merge small files' },
      vacuum: { long: 'vacuum', summary: 'Remove files that nothing refers to any more' },
      purge: { long: 'purge', value: 'PATH', summary: 'Remove the old content of a path for good' },
      collapse: { long: 'collapse', value: 'PATH', summary: 'Put all versions of the series that a path or pattern matches together' },
      dryRun: DRY_RUN,
    },
    formats: REPORT,
    changes: true,
    examples: [
      { line: "pond maintain --collapse '/sensors/*.series' --dry-run", summary: 'How much would be put together' },
      { line: 'pond maintain --vacuum --dry-run', summary: 'What would be removed' },
      { line: 'pond maintain --purge /notes.txt --dry-run', summary: 'How much of its history would go' },
    ],
    load: () => import('../commands/maintain.ts'),
  }),
];
