import { type DefinedFactory, defineFactory, resolveReferences, secret } from '@duckpond/factories';
import type { FactoryEnvironment } from '@duckpond/pond';
import { nameFault } from '@duckpond/tinyfs';
import { z } from 'zod';
import { checkedBaseUrl, DEFAULT_BASE_URL } from './client.ts';
import { DEFAULT_NOT_BEFORE_SECONDS, DEFAULT_OVERLAP_SECONDS, type HydroVuConfig } from './config.ts';
import { HydroVuError } from './errors.ts';
import { COMMANDS, runCommand } from './run.ts';
import type { Credentials } from './token.ts';
import { clockReader } from './zone.ts';

const MOST_ID = 2n ** 63n;

const locationId = z.union([z.string(), z.number()]).refine((id) => {
  if (typeof id === 'number') return Number.isSafeInteger(id) && id >= 0;
  return /^\d{1,19}$/.test(id.trim()) && BigInt(id.trim()) < MOST_ID;
}, { error: (issue) => `is ${String(issue.input)}, a whole number in quotes was wanted` })
  .transform((id) => BigInt(String(id).trim()).toString())
  .describe('The id of the location, in quotes: it has up to 64 bits');

const fileName = z.string().refine((name) => nameFault(`${name}.series`) === undefined, {
  error: (issue) => `is ${JSON.stringify(issue.input)}, a name without "/" was wanted`,
});

const zone = z.string().refine((name) => isZone(name), {
  error: (issue) => `is ${JSON.stringify(issue.input)}, an IANA time zone such as "America/Denver" was wanted`,
}).describe('The time zone in which the clock of the device runs; without it that is UTC');

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

const duration = z.string().refine((text) => durationSeconds(text) !== undefined, {
  error: (issue) => `is ${JSON.stringify(issue.input)}, a duration such as "36h" or "2d" was wanted`,
});

const moment = z.string().refine((text) => /^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(Date.parse(text)), {
  error: (issue) => `is ${JSON.stringify(issue.input)}, a time such as "2000-01-01" was wanted`,
});

const device = z.strictObject({
  id: locationId,
  name: fileName.describe('The series is PATH/devices/<id>/<name>.series'),
  scope: z.string().min(1).optional().describe('The first part of the names of columns, `{scope}.{parameter}.{unit}`; by default the name'),
  active: z.boolean().default(true).describe('Whether `collect` asks for it'),
  clock: zone.optional(),
  comment: z.string().optional().describe('For people'),
});

const schema = z.strictObject({
  base_url: z.string().default(DEFAULT_BASE_URL).describe('The API, up to and without `/v1`'),
  client_id: secret,
  client_secret: secret,
  path: z.string().startsWith('/', { error: (issue) => `is ${JSON.stringify(issue.input)}, an absolute path was wanted` })
    .describe('The directory that series and tables are put in'),
  devices: z.array(device).min(1).superRefine((devices, context) => {
    devices.forEach(({ id }, at) => {
      if (devices.findIndex((other) => other.id === id) === at) return;
      context.addIssue({ code: 'custom', path: [at, 'id'], message: `is ${id} again, each location once was wanted` });
    });
  }).describe('The locations whose readings are collected'),
  overlap: duration.default(`${DEFAULT_OVERLAP_SECONDS / 86_400}d`)
    .describe('So much of the time before the newest reading is asked for again in each run, for what came late or was corrected'),
  max_points_per_run: z.int().min(1).optional()
    .describe('Readings of a device after which a run stops; the next one goes on. By default there is no end'),
  archive_raw: z.boolean().default(false).describe('Whether answers are kept as they came, in PATH/raw, compressed with zstd'),
  not_before: moment.default(new Date(DEFAULT_NOT_BEFORE_SECONDS * 1000).toISOString().slice(0, 10))
    .describe('Readings before it are those of a clock that was not set, and are left out'),
});

type WrittenConfig = z.infer<typeof schema>;

const EXAMPLE = `client_id: \${env:HYDROVU_ID}
client_secret: \${env:HYDROVU_SECRET}
path: /hydrovu
devices:
  - id: "6255051791532032"
    name: weir
    comment: Vulink at the weir
  - id: "4988321347641344"
    name: well-3
    clock: America/Denver
`;

/** The collector of readings from HydroVu: a file whose content is its config, and that `pond run` runs. */
export const HYDROVU: DefinedFactory = defineFactory({
  name: 'hydrovu', summary: 'Collects readings from the HydroVu API into a series for each device', schema, example: EXAMPLE,
}, {
  makes: 'data', commands: COMMANDS, inputs: () => [], outputs: ({ path }) => [`${path.replace(/\/+$/, '')}/**`],
  run: async (context) => runCommand({ ...context, ...ready(context.config, context.environment) }),
});

/**
 * A config with its defaults, and references to the environment looked up.
 *
 * @throws FactoryError `no-variable`, HydroVuError `bad-config`
 */
function ready(
  written: WrittenConfig, environment: Pick<FactoryEnvironment, 'variable'>,
): { readonly config: HydroVuConfig; readonly credentials: Credentials } {
  const overlapSeconds = durationSeconds(written.overlap);
  if (overlapSeconds === undefined) throw new HydroVuError('bad-config', 'Cannot use the overlap: it is no duration, one was wanted');
  return {
    credentials: {
      clientId: resolveReferences(written.client_id, 'client_id', environment),
      clientSecret: resolveReferences(written.client_secret, 'client_secret', environment),
    },
    config: {
      baseUrl: checkedBaseUrl(resolveReferences(written.base_url, 'base_url', environment)),
      path: written.path, overlapSeconds, archiveRaw: written.archive_raw,
      maxPointsPerRun: written.max_points_per_run ?? Number.POSITIVE_INFINITY,
      notBeforeSeconds: Math.floor(Date.parse(written.not_before) / 1000),
      devices: written.devices.map(({ id, name, scope, active, clock, comment }) => (
        { id, name, scope: scope ?? name, active, clock, comment })),
    },
  };
}

function durationSeconds(text: string): number | undefined {
  const [, count = '', unit = ''] = /^(\d{1,6})([smhdw])$/.exec(text.trim()) ?? [];
  return count === '' ? undefined : Number(count) * (UNIT_SECONDS[unit] ?? 0);
}

function isZone(name: string): boolean {
  try {
    clockReader(name);
    return true;
  } catch {
    return false;
  }
}
