import { join } from 'node:path';
import { createPond, type Pond } from '@duckpond/pond';
import { type Client, type ClientOptions, createClient, DEFAULT_NOT_BEFORE_SECONDS, type HydroVuConfig } from '../src/index.ts';
import { createModel, type FaultPlan, type Model, type ModelOptions, startServer, type ServerOptions, type TestServer } from '../src/testing/index.ts';

export const START = 1_704_067_200;
export const DAY = 86_400;
export const CREDENTIALS = { clientId: 'a client', clientSecret: 'h&m-secret/7' };

export interface Tenant {
  readonly model: Model;
  readonly server: TestServer;
  readonly pond: Pond;
  readonly config: HydroVuConfig;
  /** Waits that the client was asked for, in milliseconds. */
  readonly waits: number[];
  now: number;
  faults: FaultPlan | undefined;
  client(options?: Partial<ClientOptions>): Client;
  close(): Promise<void>;
}

/** A server, an empty pond and a config for all of its locations. */
export async function openTenant(
  directory: string, options: ModelOptions, more: Partial<ServerOptions> = {}, config: Partial<HydroVuConfig> = {},
): Promise<Tenant> {
  const model = createModel(options);
  const tenant = { now: START + 10 * DAY, faults: undefined as FaultPlan | undefined };
  const server = await startServer({ model, ...CREDENTIALS, now: () => tenant.now, faults: (request) => tenant.faults?.(request), pageEntries: 20, ...more });
  const pond = await createPond(join(directory, 'pond'));
  const waits: number[] = [];
  return Object.assign(tenant, {
    model, server, pond, waits,
    config: {
      baseUrl: server.baseUrl, path: '/hydrovu', overlapSeconds: 2 * DAY, maxPointsPerRun: Number.POSITIVE_INFINITY, archiveRaw: false,
      notBeforeSeconds: DEFAULT_NOT_BEFORE_SECONDS,
      devices: model.locations.map(({ id }, at) => ({
        id: String(id), name: `d${at + 1}`, scope: `s${at + 1}`, active: true, clock: undefined, comment: undefined,
      })),
      ...config,
    },
    client: (own: Partial<ClientOptions> = {}) => createClient({
      baseUrl: server.baseUrl, credentials: CREDENTIALS, nowMillis: () => tenant.now * 1000, backoffMillis: 0,
      sleep: (millis: number) => {
        waits.push(millis);
        return Promise.resolve();
      },
      ...own,
    }),
    async close() {
      await pond.close();
      await server.close();
    },
  });
}

/** The rows of a series that count, by unix seconds: the last of each time, without columns that have no value. */
export async function rowsThatCount(pond: Pond, path: string): Promise<Map<number, Record<string, number>>> {
  const result = await pond.sql(`
    SELECT * EXCLUDE (n) FROM (SELECT *, row_number() OVER () AS n FROM source)
    QUALIFY row_number() OVER (PARTITION BY timestamp ORDER BY n DESC) = 1 ORDER BY timestamp`, { tables: { source: path } });
  const rows = new Map<number, Record<string, number>>();
  for await (const { timestamp, ...values } of result.rowObjects()) {
    rows.set(Number(timestamp) / 1e6, Object.fromEntries(Object.entries(values).flatMap(([key, value]) => (typeof value === 'number' ? [[key, value]] : []))));
  }
  return rows;
}

/** What they should be. */
export function trueRows({ model, now }: Pick<Tenant, 'model' | 'now'>, device: number): Map<number, Record<string, number>> {
  const { parameters, units } = model.names;
  const rows = new Map<number, Record<string, number>>();
  for (const [time, row] of model.truth(model.locations[device]?.id ?? 0n, now)) {
    rows.set(time, Object.fromEntries([...row].map(([key, value]) => {
      const [parameter = '', unit = ''] = key.split('/');
      return [`s${device + 1}.${parameters[parameter] ?? parameter}.${units[unit] ?? unit}`, value];
    })));
  }
  return rows;
}

export async function scalar(pond: Pond, sql: string): Promise<unknown> {
  for await (const [value] of (await pond.sql(sql)).rows()) return value;
  return undefined;
}
