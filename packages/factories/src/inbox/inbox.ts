import { checkTemplate, nameFault, parseGlob } from '@duckpond/tinyfs';
import { z } from 'zod';
import { badConfig } from '../errors.ts';
import { type DefinedFactory, defineFactory } from '../define.ts';
import { parseDuration } from '../duration.ts';
import { runInbox } from './run-inbox.ts';
import { isEncoding } from './text-encoding.ts';

const wildcard = z.string().refine((text) => isGlob(text), { error: (issue) => `is ${JSON.stringify(issue.input)}, a pattern was wanted` });

const zone = z.string().refine((name) => isZone(name), {
  error: (issue) => `is ${JSON.stringify(issue.input)}, an IANA time zone such as "Europe/Berlin" was wanted`,
});

const text = z.strictObject({
  encoding: z.string().refine(isEncoding, {
    error: (issue) => `is ${JSON.stringify(issue.input)}, an encoding such as "windows-1252" was wanted`,
  }).optional().describe('By default what a byte order mark says, UTF-8, or else Windows-1252'),
  delimiter: z.string().length(1).optional().describe('By default the one of `;`, tab, `,` and `|` that makes the most even rows'),
  skip: z.int().min(0).optional().describe('Lines before the header; by default all before the rows'),
  header: z.boolean().default(true).describe('Whether the first row has the names of the columns'),
  units: z.enum(['in-name', 'row', 'none']).default('in-name')
    .describe('Where units stand: behind names in brackets, in a row below them, nowhere'),
  decimal: z.enum(['.', ',']).default('.'),
  thousands: z.string().length(1).optional(),
  nulls: z.array(z.string()).default(['NA', 'N/A', 'NaN', 'null', '-', '--', '---']).describe('Texts that mean that there is no value'),
  types: z.record(z.string(), z.enum(['integer', 'number', 'text'])).default({})
    .describe('Types that columns must have: rows with other values are put aside'),
}).prefault({});

const rule = z.strictObject({
  match: wildcard.default('**').describe('Which files, by their path below the fixed part of `source`'),
  as: z.enum(['data', 'table', 'series']).default('data').describe('Bytes, rows of which the newest count, or rows that are added to'),
  to: z.string().startsWith('/').optional()
    .describe('Where in the pond, with `$0`, `$1`, … for what the wildcards of `match` stand for; by default below `path`'),
  time: z.strictObject({
    column: z.union([z.string().min(1).transform((name) => [name]), z.array(z.string().min(1)).min(1)]).optional()
      .describe('The column of event times, or those that make it up together; by default the first that has times'),
    format: z.string().min(1).optional().describe('As `strptime` has it, such as `%d.%m.%y %H:%M`'),
    zone: zone.default('UTC').describe('Of times that do not say their own'),
  }).prefault({}),
  text,
});

const schema = z.strictObject({
  source: wildcard.refine((pattern) => pattern.startsWith('/'), {
    error: (issue) => `is ${JSON.stringify(issue.input)}, an absolute pattern was wanted`,
  }).describe('Files of the host, such as `/srv/drop/**/*.csv`'),
  path: z.string().startsWith('/').describe('The directory of the pond that they go to'),
  stable: z.string().refine((duration) => secondsOf(duration) !== undefined, {
    error: (issue) => `is ${JSON.stringify(issue.input)}, a duration such as "10s" was wanted`,
  }).default('10s').describe('A file that was changed since then is still being written, and left for the next run'),
  rules: z.array(rule).default([]).describe('How files are taken: by the first rule that matches; as data when none does'),
});

const EXAMPLE = `source: /srv/drop/**/*.csv
path: /inbox
rules:
  - match: loggers/*.csv
    as: series
    to: /loggers/$0.series
    time: { column: [Datum, Zeit], format: "%d.%m.%Y %H:%M:%S", zone: Europe/Berlin }
    text: { decimal: "," }
`;

/** The collector of files that are put into a directory of the host. */
export const INBOX: DefinedFactory = defineFactory({
  name: 'inbox', summary: 'Takes in files of the host as they are put into a directory, as bytes or as rows', schema, example: EXAMPLE,
}, {
  makes: 'data',
  commands: [
    { name: 'collect', usage: 'collect', summary: 'Takes in what is new or has changed' },
    { name: 'preview', usage: 'preview [FILE…]', summary: 'Shows what files are taken for, column by column, and stores nothing' },
  ],
  inputs: () => [],
  outputs: ({ path, rules }) => [
    `${path.replace(/\/+$/, '')}/**`, ...rules.flatMap(({ to }) => (to === undefined ? [] : [to.replace(/\$\d+/g, '*')])),
  ],
  check({ rules }, file) {
    rules.forEach(({ match, to }, at) => {
      if (to === undefined) return;
      try {
        checkTemplate(to, parseGlob(match));
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        throw badConfig(file, [{ line: undefined, field: `rules[${at}].to`, problem }]);
      }
      const fault = to.split('/').slice(1).map((name) => nameFault(name)).find((one) => one !== undefined);
      if (fault !== undefined) throw badConfig(file, [{ line: undefined, field: `rules[${at}].to`, problem: `is "${to}": ${fault}` }]);
    });
  },
  run: async (context) => runInbox({
    ...context,
    config: {
      source: context.config.source, path: context.config.path, stableMillis: (secondsOf(context.config.stable) ?? 0) * 1000,
      rules: [...context.config.rules, rule.parse({})].map(({ match, as, to, time, text: own }) => ({
        match, as, to,
        text: {
          timeColumns: time.column, timeFormat: time.format, zone: time.zone, decimal: own.decimal, thousands: own.thousands,
          types: new Map(Object.entries(own.types)), encoding: own.encoding, delimiter: own.delimiter, preambleLines: own.skip,
          hasHeader: own.header, units: own.units, nulls: own.nulls,
        },
      })),
    },
  }),
});

function secondsOf(text: string): number | undefined {
  const parsed = text === '0s' ? { kind: 'fixed' as const, micros: 0n } : parseDuration(text);
  return parsed?.kind === 'fixed' ? Number(parsed.micros) / 1e6 : undefined;
}

function isGlob(pattern: string): boolean {
  try {
    parseGlob(pattern);
    return true;
  } catch {
    return false;
  }
}

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
