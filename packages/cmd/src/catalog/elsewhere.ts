import { type Command, define } from '../command.ts';
import { ROW_FORMATS } from '../output/format.ts';
import { ATTACHMENT_OPTIONS } from '../remotes/attachment-options.ts';
import { DRY_RUN } from './pond.ts';

const NAME = { name: 'NAME', summary: 'What the backup is called' } as const;
const URL = { name: 'URL', summary: 's3://BUCKET/PREFIX or file:///DIRECTORY' } as const;
const KEY_FILE = { long: 'key-file', value: 'FILE', of: 'host-file', summary: 'The key of an encrypted backup' } as const;
const EXITS = { 12: 'The pond or the backup is damaged', 13: 'The other side is away or refuses' } as const;

/** What leaves this machine, and comes back. */
export const ELSEWHERE_COMMANDS: readonly Command[] = [
  define({
    name: 'backup add',
    group: 'elsewhere',
    summary: 'Make a bucket or a directory a backup of the pond',
    description: [
      'Looks whether the place is fit for it, writes whose backup it is, and stores in the pond how to get there. Secrets are '
      + "never stored: give '${env:NAME}', or nothing and the SDK looks in its own places. Every write is pushed at once from then on, "
      + 'unless with --no-auto; a push that fails never fails the write, and pond status tells of it.',
      'With --encrypt everything is encrypted here, to the key in the key file, which is made when there is none. Pushing does not need '
      + 'the key file, restoring does: keep a copy of it elsewhere. A lost key file is a lost backup.',
    ],
    arguments: { name: NAME, url: URL },
    options: {
      ...ATTACHMENT_OPTIONS,
      noAuto: { long: 'no-auto', summary: 'Push only when pond push is run' },
      encrypt: { long: 'encrypt', summary: 'Encrypt all content; needs --key-file' },
      keyFile: KEY_FILE,
    },
    changes: true,
    examples: [
      { line: 'pond backup add disk file:///mnt/usb/water', summary: 'A directory of another disk' },
      {
        line: 'pond backup add offsite s3://ponds/water --region eu-west-1',
        summary: 'A bucket of AWS, with the credentials that its tools use',
      },
      { line: 'pond backup add safe s3://ponds/w2 --encrypt --key-file ~/water.key', summary: 'Encrypted' },
    ],
    exitCodes: { ...EXITS, 1: 'The name is taken, or the place is of another pond or not fit for it' },
    load: () => import('../commands/backup-add.ts'),
  }),
  define({
    name: 'backup list',
    group: 'elsewhere',
    summary: 'List the backups of the pond and how far they are',
    arguments: {},
    options: {},
    formats: ['text', ...ROW_FORMATS],
    examples: [{ line: 'pond backup list', summary: 'Names and places' }],
    load: () => import('../commands/backup-list.ts'),
  }),
  define({
    name: 'backup remove',
    group: 'elsewhere',
    summary: 'Stop pushing to a backup; what is there stays',
    arguments: { name: NAME },
    options: {},
    changes: true,
    examples: [{ line: 'pond backup remove disk', summary: 'Forget a backup' }],
    load: () => import('../commands/backup-remove.ts'),
  }),
  define({
    name: 'backup prune',
    group: 'elsewhere',
    summary: 'Forget old states of a backup',
    description: [
      'The newest state holds the history of the pond, so this takes away only the exact states of old pushes, and contents that no kept '
      + 'state names. States that are asked for stay, and those that they are built on. Nothing else ever removes from a backup.',
    ],
    arguments: { name: NAME },
    options: {
      keepLast: { long: 'keep-last', value: 'N', type: 'integer', summary: 'Keep the newest N pushes' },
      keepWithin: { long: 'keep-within', value: 'DURATION', summary: 'Keep pushes that are not older, such as 30d' },
      keyFile: KEY_FILE,
      dryRun: DRY_RUN,
    },
    formats: ['text', 'json'],
    examples: [{ line: 'pond backup prune offsite --keep-within 90d --dry-run', summary: 'What would be forgotten' }],
    exitCodes: EXITS,
    load: () => import('../commands/backup-prune.ts'),
  }),
  define({
    name: 'push',
    group: 'elsewhere',
    summary: 'Bring one backup, or all of them, to the newest state',
    description: [
      'Sends what is new and, last, the entry that says so: whenever it is interrupted the backup has a whole state, and the next push '
      + 'goes on with what is there. Nothing that is removed or merged in the pond is removed there.',
    ],
    arguments: { name: { ...NAME, optional: true } },
    options: { dryRun: DRY_RUN },
    examples: [{ line: 'pond push', summary: 'All backups' }, { line: 'pond push offsite --dry-run', summary: 'What would be sent' }],
    exitCodes: { ...EXITS, 3: 'Some backups could not be reached, the others are up to date' },
    load: () => import('../commands/push.ts'),
  }),
  define({
    name: 'verify',
    group: 'elsewhere',
    summary: 'Compare backups with the pond',
    description: [
      'Follows the chain of pushes, looks whether every object of the newest state is there in its size, and whether pond and backup have '
      + 'one history. With --data every byte is read and compared with its hash.',
    ],
    arguments: { name: { ...NAME, optional: true } },
    options: { data: { long: 'data', summary: 'Read every byte' }, keyFile: KEY_FILE },
    formats: ['text', 'json'],
    examples: [{ line: 'pond verify --data', summary: 'All backups, every byte' }],
    exitCodes: { ...EXITS, 1: 'A backup is damaged or of another history' },
    load: () => import('../commands/verify.ts'),
  }),
  define({
    name: 'restore',
    group: 'elsewhere',
    summary: 'Make a pond out of a backup',
    description: [
      'Puts it where --pond or POND says, in a missing or an empty directory; a pond that is there is never touched. Every byte is '
      + 'compared with the hash that was taken when it was written, the result is checked as pond fsck does, and only then it appears. '
      + 'Prints the content root. An interrupted restore goes on where it was.',
      'With --at the state after a transaction, or the last one pushed before a time.',
    ],
    arguments: { name: NAME, url: URL },
    options: {
      ...ATTACHMENT_OPTIONS,
      keyFile: KEY_FILE,
      partial: { long: 'partial', summary: 'Make a pond also when some contents cannot be had' },
    },
    changes: true,
    acceptsAt: true,
    examples: [
      { line: 'pond --pond ./w restore disk file:///mnt/usb/w', summary: 'The newest state' },
      { line: 'pond --pond ./w restore disk file:///mnt/usb/w --at 812', summary: 'The state after transaction 812' },
    ],
    exitCodes: { ...EXITS, 1: 'There is a pond already, or no such state', 3: 'With --partial: some contents could not be had' },
    load: () => import('../commands/restore.ts'),
  }),
  define({
    name: 'remote add',
    group: 'elsewhere',
    summary: 'Show the content of another pond under a path, read-only',
    description: [
      'URL is where that pond is backed up to. Its content is there after pond pull: it can be listed, read and queried, and never '
      + 'changed. What was pulled is in the cache of this pond, and in none of its backups.',
    ],
    arguments: {
      name: { name: 'NAME', summary: 'What the remote is called' },
      url: URL,
      path: { name: 'PATH', summary: 'Where it is shown', of: 'pond-path' },
    },
    options: ATTACHMENT_OPTIONS,
    changes: true,
    examples: [{ line: 'pond remote add north file:///mnt/nas/north /ponds/north', summary: 'Another pond, by its backup' }],
    exitCodes: { ...EXITS, 1: 'The name or the path is taken, or there is no backup' },
    load: () => import('../commands/remote-add.ts'),
  }),
  define({
    name: 'remote list',
    group: 'elsewhere',
    summary: 'List the ponds that are shown in this one',
    arguments: {},
    options: {},
    formats: ['text', ...ROW_FORMATS],
    examples: [{ line: 'pond remote list', summary: 'Names, places and paths' }],
    load: () => import('../commands/remote-list.ts'),
  }),
  define({
    name: 'remote remove',
    group: 'elsewhere',
    summary: 'Show another pond no longer; what was pulled goes, too',
    arguments: { name: { name: 'NAME', summary: 'The remote' } },
    options: {},
    changes: true,
    examples: [{ line: 'pond remote remove north', summary: 'Forget a remote' }],
    load: () => import('../commands/remote-remove.ts'),
  }),
  define({
    name: 'pull',
    group: 'elsewhere',
    summary: 'Bring one remote, or all of them, to its newest state',
    arguments: { name: { name: 'NAME', summary: 'The remote', optional: true } },
    options: { keyFile: KEY_FILE, dryRun: DRY_RUN },
    examples: [{ line: 'pond pull', summary: 'All remotes' }],
    exitCodes: EXITS,
    load: () => import('../commands/pull.ts'),
  }),
  define({
    name: 'mirror',
    group: 'elsewhere',
    summary: 'Keep a plain directory of the host in step with the pond',
    description: [
      'Data files are there as their bytes, tables and series as Parquet, links as links that stay inside the directory. Only what changed '
      + 'is written, each file at once. Files that a mirror did not make, or that somebody changed since, are left alone and named. What '
      + 'is computed is not mirrored; pond copy and pond export write that.',
    ],
    arguments: {
      directory: { name: 'DIR', summary: 'The directory; made when it is missing', of: 'host-file' },
      pattern: { name: 'PATTERN', summary: 'Only what it matches', optional: true, of: 'pond-path' },
    },
    options: {
      watch: { long: 'watch', summary: 'Stay, and follow every commit of any process' },
      dryRun: DRY_RUN,
    },
    examples: [
      { line: 'pond mirror ./files', summary: 'All of the pond' },
      { line: "pond mirror ./files '/sensors/**' --watch", summary: 'One directory, until Ctrl-C' },
    ],
    exitCodes: { 3: 'Some files were left alone' },
    load: () => import('../commands/mirror.ts'),
  }),
  define({
    name: 'reconstruct',
    group: 'elsewhere',
    summary: 'Make mirrors and caches again from what is stored',
    description: [
      'Without DIR the cache of the pond is emptied and what is derived from its records is checked and made again where it is wrong. With '
      + 'DIR every file of that mirror is made again, also those that somebody changed; what is not of the mirror stays.',
    ],
    arguments: { directory: { name: 'DIR', summary: 'A directory that pond mirror keeps', optional: true, of: 'host-file' } },
    options: { dryRun: DRY_RUN },
    examples: [{ line: 'pond reconstruct', summary: 'The caches' }, { line: 'pond reconstruct ./files', summary: 'A mirror' }],
    exitCodes: { 3: 'Some files were left alone', 12: 'Something is damaged that cannot be made again' },
    load: () => import('../commands/reconstruct.ts'),
  }),
];
