import { type Command, define } from '../command.ts';
import { ROW_FORMATS } from '../output/format.ts';
import { DRY_RUN } from './pond.ts';

const TEXT_AND_ROWS = ['text', ...ROW_FORMATS];

/** What makes computed nodes, and runs those that do something. */
export const RESOURCE_COMMANDS: readonly Command[] = [
  define({
    name: 'factories',
    group: 'resources',
    summary: 'Show the factories, or the fields and an example of one',
    description: [
      'A factory makes a file or a directory out of others, by a config. With --json, one factory is shown with the JSON Schema of its '
      + 'config, for editors.',
    ],
    arguments: { name: { name: 'NAME', summary: 'One of them', optional: true } },
    options: {},
    formats: TEXT_AND_ROWS,
    examples: [
      { line: 'pond factories', summary: 'All of them' },
      { line: 'pond factories sql-derived-series', summary: 'Fields and an example' },
      { line: 'pond factories sql-derived-series --json', summary: 'The same with a JSON Schema' },
    ],
    load: () => import('../commands/factories.ts'),
  }),
  define({
    name: 'mknod',
    group: 'resources',
    summary: 'Make a node that is computed by a factory, or one that can be run',
    description: [
      'Stores the config as it is written. A config that cannot be used is refused, with file, line and field; so is a node that would '
      + 'need itself. Secrets are references to the environment, ${env:NAME}, and looked up when they are used.',
    ],
    arguments: {
      factory: { name: 'FACTORY', summary: 'As pond factories lists them' },
      path: { name: 'PATH', summary: 'The new node', of: 'pond-path' },
    },
    options: {
      configPath: { long: 'config-path', value: 'FILE', of: 'host-file', summary: 'The config, YAML; - is the standard input' },
      overwrite: { long: 'overwrite', summary: 'Replace a computed node that is there' },
      dryRun: DRY_RUN,
    },
    changes: true,
    examples: [
      { line: 'pond mknod sql-derived-series /warm.series --config-path warm.yaml', summary: 'A series that is a query' },
      { line: 'pond mknod sql-derived-series /warm.series --config-path warm.yaml --overwrite', summary: 'The same with a new config' },
    ],
    load: () => import('../commands/mknod.ts'),
  }),
  define({
    name: 'apply',
    group: 'resources',
    summary: 'Make the pond have what documents of YAML ask for',
    description: [
      'A file has one or more documents: mkdir, copy and mknod of "version: v1", and resource documents (HydroVu, Inbox, Derive, Combine, '
      + 'Reduce, Template, Backup, Copy, Scribble). All files are checked before anything is written, and written as one transaction. '
      + 'Applied again, nothing changes.',
      'With --prune, what earlier documents made and none of these files asks for is removed: name all files that belong together.',
    ],
    arguments: { more: { name: 'FILE', summary: 'More files', optional: true, rest: true, of: 'host-file' } },
    options: {
      files: {
        long: 'file', short: 'f', value: 'FILE', repeat: true, of: 'host-file', summary: 'A file of documents; - is the standard input',
      },
      variables: { long: 'variable', short: 'v', value: 'KEY=VALUE', repeat: true, summary: 'A value for {{ KEY }} in documents' },
      prune: { long: 'prune', summary: 'Remove what earlier documents made and these do not ask for' },
      dryRun: DRY_RUN,
    },
    formats: TEXT_AND_ROWS,
    changes: true,
    examples: [
      { line: 'pond apply -f pond.yaml', summary: 'All documents of a file' },
      { line: 'pond apply -f pond.yaml -v site=north --dry-run', summary: 'What would be done' },
    ],
    load: () => import('../commands/apply.ts'),
  }),
  define({
    name: 'run',
    group: 'resources',
    summary: 'Run a node: collect, build, copy in',
    description: [
      'A name without a slash is looked for in /system/run, then in /system/etc. The first word after the node is its command, when the '
      + 'factory has one of that name; all words and options after the node are its own. host+FACTORY:///FILE runs a config of the host.',
      'A node is run by one process at a time: the others end with exit code 11. The lock of a process that has died is taken over.',
      'With --all, every node that can be run is, or every one of one factory: what writes before what reads. One that fails does not '
      + 'stop the others.',
    ],
    arguments: {
      target: { name: 'PATH|NAME|URL', summary: 'The node; with --all the factory', optional: true, of: 'pond-path' },
      words: { name: 'ARGS', summary: 'For what is run', optional: true, rest: true },
    },
    options: { all: { long: 'all', summary: 'Run everything that can be run' } },
    formats: ROW_FORMATS,
    changes: true,
    passThrough: true,
    examples: [
      { line: 'pond run --all', summary: 'Everything, for a timer' },
      { line: 'pond run --all --json', summary: 'The same, with a summary for a program' },
    ],
    exitCodes: { 3: 'Some items or nodes failed, the rest is committed' },
    load: () => import('../commands/run.ts'),
  }),
];
