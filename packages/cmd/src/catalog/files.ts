import { type ArgumentSpec, type Command, define, type OptionSpec } from '../command.ts';
import { ROW_FORMATS } from '../output/format.ts';
import { DRY_RUN } from './pond.ts';

const TEXT_AND_ROWS = ['text', ...ROW_FORMATS];
const ALL: OptionSpec = { long: 'all', short: 'a', summary: 'Also names that begin with a dot' };
const PATHS: ArgumentSpec & { readonly rest: true } = { name: 'PATH', summary: 'Paths or patterns', rest: true, of: 'pond-path' };
const SOURCES_AND_DEST: ArgumentSpec & { readonly rest: true } = {
  name: 'SRC... DEST', summary: 'Paths or patterns, then where to', rest: true, of: 'pond-path',
};

export const FILE_COMMANDS: readonly Command[] = [
  define({
    name: 'list',
    aliases: ['ls'],
    group: 'files',
    summary: 'List what a pattern matches',
    description: [
      'A line has kind, size, version, time and path. / is what is in the root, DIR/ what is in a directory, DIR the directory itself.',
    ],
    arguments: { pattern: { name: 'PATTERN', summary: 'Default **/*', optional: true, of: 'pond-path' } },
    options: { long: { long: 'long', short: 'l', summary: 'With ids' }, all: ALL },
    formats: TEXT_AND_ROWS,
    examples: [
      { line: 'pond list', summary: 'Everything' },
      { line: "pond list '/sensors/*.csv'", summary: 'What a pattern matches' },
      { line: 'pond list --at -1d --json', summary: 'As it was yesterday, for a program' },
    ],
    load: () => import('../commands/list.ts'),
  }),
  define({
    name: 'tree',
    group: 'files',
    summary: 'Draw the tree below a directory',
    arguments: { path: { name: 'PATH', summary: 'Default /', optional: true, of: 'pond-path' } },
    options: { all: ALL, depth: { long: 'depth', short: 'L', value: 'N', type: 'integer', summary: 'At most N levels' } },
    examples: [{ line: 'pond tree /sensors --depth 2', summary: 'Two levels of a directory' }],
    load: () => import('../commands/tree.ts'),
  }),
  define({
    name: 'stat',
    group: 'files',
    summary: 'Show what is known of a file, directory or link',
    arguments: { paths: PATHS },
    options: { follow: { long: 'follow', short: 'L', summary: 'Show the target of a link' } },
    formats: TEXT_AND_ROWS,
    examples: [{ line: 'pond stat /sensors/a.csv', summary: 'Size, version, time, id and hash' }],
    load: () => import('../commands/stat.ts'),
  }),
  define({
    name: 'find',
    group: 'files',
    summary: 'Find by name, kind, size and age',
    arguments: { pattern: { name: 'PATTERN', summary: 'Where to look, default **/*', optional: true, of: 'pond-path' } },
    options: {
      name: { long: 'name', value: 'GLOB', summary: 'The last component matches' },
      kind: { long: 'kind', value: 'KIND', choices: ['data', 'table', 'series', 'directory', 'symlink'], summary: 'Of this kind' },
      size: { long: 'size', value: '[+-]N[kMGT]', summary: 'At least (+), at most (-) or exactly so many bytes' },
      mtime: { long: 'mtime', value: '[+-]DURATION', summary: 'Written within (-2h) or longer ago than (+30d)' },
      all: ALL,
    },
    formats: TEXT_AND_ROWS,
    examples: [
      { line: "pond find --name '*.csv' --size +1M", summary: 'Large CSV files' },
      { line: 'pond find --kind data --mtime -1d', summary: 'Files written within a day' },
    ],
    load: () => import('../commands/find.ts'),
  }),
  define({
    name: 'du',
    group: 'files',
    summary: 'Show the sizes of contents by directory',
    arguments: { paths: { name: 'PATH', summary: 'Default /', optional: true, rest: true, of: 'pond-path' } },
    options: {
      human: { long: 'human-readable', short: 'h', summary: 'Sizes such as 1.5 MiB' },
      summarize: { long: 'summarize', short: 's', summary: 'Only the totals' },
    },
    formats: TEXT_AND_ROWS,
    examples: [{ line: "pond du -sh '/*'", summary: 'Totals of what is in the root' }],
    load: () => import('../commands/du.ts'),
  }),
  define({
    name: 'mkdir',
    group: 'files',
    summary: 'Make directories',
    arguments: { paths: { name: 'PATH', summary: 'The new directories', rest: true, of: 'pond-path' } },
    options: { parents: { long: 'parents', short: 'p', summary: 'Make what is missing on the way; no error when it is there' } },
    changes: true,
    examples: [{ line: 'pond mkdir -p /sensors/north', summary: 'With the directories on the way' }],
    load: () => import('../commands/mkdir.ts'),
  }),
  define({
    name: 'mv',
    group: 'files',
    summary: 'Move or rename',
    arguments: { words: SOURCES_AND_DEST },
    options: { noClobber: { long: 'no-clobber', summary: 'Do not replace a file' }, dryRun: DRY_RUN },
    changes: true,
    examples: [{ line: "pond mv '/in/*.csv' /archive/", summary: 'Into a directory' }],
    load: () => import('../commands/mv.ts'),
  }),
  define({
    name: 'rm',
    group: 'files',
    summary: 'Remove files, links and directories',
    description: ['Older states keep what was removed; see --at and revert.'],
    arguments: { paths: PATHS },
    options: { recursive: { long: 'recursive', short: 'r', summary: 'Directories with all that is in them' }, dryRun: DRY_RUN },
    changes: true,
    examples: [{ line: "pond rm -r '/tmp-*' --dry-run", summary: 'What would be removed' }],
    load: () => import('../commands/rm.ts'),
  }),
  define({
    name: 'ln',
    group: 'files',
    summary: 'Make a symbolic link',
    arguments: {
      target: { name: 'TARGET', summary: 'What the link says; relative to the directory that holds the link', of: 'pond-path' },
      path: { name: 'PATH', summary: 'The new link', of: 'pond-path' },
    },
    options: { symbolic: { long: 'symbolic', short: 's', summary: 'A symbolic link; there are no others' } },
    changes: true,
    examples: [{ line: 'pond ln -s north /sensors/default', summary: 'A link to a neighbour' }],
    load: () => import('../commands/ln.ts'),
  }),
  define({
    name: 'touch',
    group: 'files',
    summary: 'Make empty files where there are none',
    arguments: { paths: { name: 'PATH', summary: 'The files', rest: true, of: 'pond-path' } },
    options: {},
    changes: true,
    examples: [{ line: 'pond touch /marker', summary: 'An empty file' }],
    load: () => import('../commands/touch.ts'),
  }),
  define({
    name: 'cp',
    group: 'files',
    summary: 'Copy inside the pond',
    description: ['Files are copied as they are now: the rows of a series become one version of its copy.'],
    arguments: { words: SOURCES_AND_DEST },
    options: { recursive: { long: 'recursive', short: 'r', summary: 'Directories with all that is in them' }, dryRun: DRY_RUN },
    changes: true,
    examples: [{ line: 'pond cp -r /sensors /backup', summary: 'A directory' }],
    load: () => import('../commands/cp.ts'),
  }),
];
