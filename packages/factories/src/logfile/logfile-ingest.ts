import { parseGlob } from '@duckpond/tinyfs';
import { z } from 'zod';
import { type DefinedFactory, defineFactory } from '../define.ts';
import { runLogfiles } from './run-logfiles.ts';

const pattern = z.string().refine((text) => isHostGlob(text), {
  error: (issue) => `is ${JSON.stringify(issue.input)}, an absolute pattern was wanted`,
});

const schema = z.strictObject({
  active_pattern: pattern.describe('Logs of the host that are being written, such as `/var/log/app/*.log`'),
  archived_pattern: pattern.optional()
    .describe('What becomes of them, plain or compressed (gz, zst, bz2); by default `active_pattern` with `.*` or `-*` behind it'),
  path: z.string().startsWith('/').describe('The directory of the pond that they go to, by their paths below what the patterns share'),
});

const EXAMPLE = `active_pattern: /var/log/app/*.log
archived_pattern: /var/log/app/*.log.*
path: /logs
`;

/** The collector of logs that grow and rotate. */
export const LOGFILE_INGEST: DefinedFactory = defineFactory({
  name: 'logfile-ingest', summary: 'Takes in logs of the host as they grow and rotate, byte by byte', schema, example: EXAMPLE,
}, {
  makes: 'data',
  commands: [
    { name: 'collect', usage: 'collect', summary: 'Takes in the bytes that are new' },
    { name: 'list', usage: 'list', summary: 'Shows the SHA-256 of each log in the pond, to be compared with `sha256sum` on the host' },
  ],
  inputs: () => [],
  outputs: ({ path }) => [`${path.replace(/\/+$/, '')}/**`],
  run: ({ config: { active_pattern: active, archived_pattern: archived = `${active}{.,-}*`, path }, ...context }) => (
    runLogfiles({ ...context, config: { active, archived, path } })),
});

function isHostGlob(text: string): boolean {
  try {
    return parseGlob(text).absolute;
  } catch {
    return false;
  }
}
