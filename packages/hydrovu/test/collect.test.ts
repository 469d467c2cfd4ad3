import { openPond } from '@duckpond/pond';
import { decompress } from 'fzstd';
import { afterEach, expect, test } from 'vitest';
import { collect, type DeviceOutcome, type HydroVuConfig } from '../src/index.ts';
import type { ModelOptions } from '../src/testing/index.ts';
import { fakeClient, type FakeReading } from './fake-client.ts';
import { scratchDirectories } from './scratch-directory.ts';
import { DAY, openTenant, rowsThatCount, scalar, START, type Tenant, trueRows } from './tenant.ts';

const scratch = scratchDirectories();
const open: Tenant[] = [];
afterEach(async () => { for (const tenant of open.splice(0)) await tenant.close(); });

async function newTenant(options: Partial<ModelOptions> = {}, config: Partial<HydroVuConfig> = {}): Promise<Tenant> {
  const tenant = await openTenant(scratch(), { seed: 5, cadenceSeconds: 3600, devices: 2, ...options }, {}, config);
  open.push(tenant);
  return tenant;
}

const run = (tenant: Tenant, more: object = {}): Promise<readonly DeviceOutcome[]> =>
  collect(tenant.pond, tenant.config, tenant.client(), { nowMillis: () => tenant.now * 1000, ...more });

const seriesOf = ({ config }: Tenant, at: number): string => `/hydrovu/devices/${config.devices[at]?.id ?? ''}/${config.devices[at]?.name ?? ''}.series`;

test('collect() stores each device as a wide series with its units, and the names and locations as tables', async () => {
  const tenant = await newTenant();
  const outcomes = await run(tenant);
  expect(outcomes.map(({ name, state, transactions }) => [name, state, transactions])).toEqual([['d1', 'collected', 1], ['d2', 'collected', 1]]);
  expect(outcomes.map(({ leftOut }) => leftOut)).toEqual([4, 0]);
  for (const at of [0, 1]) expect(await rowsThatCount(tenant.pond, seriesOf(tenant, at))).toEqual(trueRows(tenant, at));
  const columns = await tenant.pond.read(async (fs) => {
    const { node } = await (await fs.root()).get(seriesOf(tenant, 1));
    return 'tabular' in node ? node.tabular : undefined;
  });
  expect(columns?.timeColumn).toBe('timestamp');
  expect(columns?.columns.map(({ name, type, unit }) => `${name} ${type} ${unit ?? ''}`)).toContain('s2.Temperature.C DOUBLE C');
  expect(columns?.columns[0]).toEqual({ name: 'timestamp', type: 'TIMESTAMP WITH TIME ZONE', nulls: 0 });
  expect(await scalar(tenant.pond, `SELECT list(id || ' ' || device ORDER BY id)::VARCHAR FROM '/hydrovu/locations.table'`))
    .toBe('[9007199254740992 d1, 9007199254740993 d2]');
  expect(await scalar(tenant.pond, `SELECT name FROM '/hydrovu/names.table' WHERE id = 'density'`)).toBe('Density');
  expect(await scalar(tenant.pond, `SELECT name FROM '/hydrovu/units.table' WHERE id = '65'`)).toBe('µS/cm');
});

test('a run in which nothing is new asks for one page a device and commits nothing', async () => {
  const tenant = await newTenant({ late: 0, corrected: 0 });
  await run(tenant);
  const [before, transactions] = [tenant.server.counts(), (await tenant.pond.transaction()).txnSeq];
  const outcomes = await run(tenant);
  expect(outcomes.map(({ state, requests }) => [state, requests])).toEqual([['unchanged', 2], ['unchanged', 1]]);
  expect(tenant.server.counts().data - before.data).toBe(2);
  expect((await tenant.pond.transaction()).txnSeq).toBe(transactions);
});

test('what comes late or is corrected within the overlap ends up as the server has it, with no row twice', async () => {
  const tenant = await newTenant({ late: 0.3, corrected: 0.2, missing: 0.2, delaySeconds: 1.9 * DAY });
  let corrected = 0;
  for (let at = 0; at < 12; at++) {
    corrected += (await run(tenant)).reduce((sum, { correctedRows }) => sum + correctedRows, 0);
    tenant.now += 0.4 * DAY;
  }
  tenant.now += 3 * DAY;
  await run(tenant);
  expect(corrected).toBeGreaterThan(20);
  for (const at of [0, 1]) {
    expect(await rowsThatCount(tenant.pond, seriesOf(tenant, at))).toEqual(trueRows({ model: tenant.model, now: tenant.now }, at));
    expect(await scalar(tenant.pond, `SELECT count(*) - (SELECT count(*) FROM (SELECT DISTINCT * FROM '${seriesOf(tenant, at)}')) FROM '${seriesOf(tenant, at)}'`)).toBe(0n);
  }
});

test('a parameter that changes its unit gets another column', async () => {
  const tenant = await newTenant({ late: 0, corrected: 0 });
  tenant.now = START + 300 * DAY;
  await run(tenant);
  const both = await scalar(tenant.pond, `SELECT count("s1.Pressure.psi") > 0 AND count("s1.Pressure.kPa") > 0
    AND count(*) FILTER ("s1.Pressure.psi" IS NOT NULL AND "s1.Pressure.kPa" IS NOT NULL) = 0 FROM '${seriesOf(tenant, 0)}'`);
  expect(both).toBe(true);
});

test('a device that fails does not stop the others, and says why', async () => {
  const tenant = await newTenant();
  const [first, second] = tenant.config.devices;
  if (first === undefined || second === undefined) throw new Error('two devices were wanted');
  const outcomes = await collect(tenant.pond, { ...tenant.config, devices: [{ ...first, id: '12', name: 'gone' }, second] }, tenant.client(), {
    nowMillis: () => tenant.now * 1000,
  });
  expect(outcomes.map(({ name, state }) => [name, state])).toEqual([['gone', 'failed'], ['d2', 'collected']]);
  expect(outcomes[0]?.error?.message).toBe('Cannot collect "gone": the account has no location 12, one that `pond hydrovu locations` lists was wanted');
});

test('a location that is forbidden does not stop the others', async () => {
  const tenant = await newTenant();
  const forbidden = String(tenant.model.locations[0]?.id);
  const client = tenant.client({ fetch: (url, init) => (String(url).includes(forbidden) ? Promise.resolve(new Response('', { status: 403 })) : fetch(url, init)) });
  const outcomes = await collect(tenant.pond, tenant.config, client, { nowMillis: () => tenant.now * 1000 });
  expect(outcomes.map(({ state }) => state)).toEqual(['failed', 'collected']);
  expect(outcomes[0]?.error?.message).toContain('the API forbids it to this account (status 403)');
});

test('when the API is down it is given up after one device, or after three that get no answer while others may', async () => {
  const tenant = await newTenant({ devices: 5 });
  await run(tenant);
  tenant.faults = () => ({ kind: 'unavailable', status: 503 });
  const before = tenant.server.counts().requests;
  const outcomes = await collect(tenant.pond, tenant.config, tenant.client({ tries: 2 }), { nowMillis: () => tenant.now * 1000 });
  expect(outcomes.map(({ state }) => state)).toEqual(['failed', 'failed', 'failed', 'failed', 'failed']);
  expect(tenant.server.counts().requests - before).toBe(2);
  const again = tenant.server.counts().requests;
  // A token is there, the readings are not.
  tenant.faults = (request) => (request - again > 1 ? { kind: 'unavailable', status: 503 } : undefined);
  await collect(tenant.pond, tenant.config, tenant.client({ tries: 2 }), { nowMillis: () => tenant.now * 1000 });
  expect(tenant.server.counts().requests - again).toBe(1 + 3 * 2);
});

test('pages before a failure are stored, and the next run goes on behind them', async () => {
  const tenant = await newTenant({ devices: 1 });
  tenant.now = START + 20 * DAY;
  const before = tenant.server.counts().requests;
  // Names, locations and a token come first; then pages fail for good from the fifth on.
  tenant.faults = (request) => (request - before > 7 ? { kind: 'unavailable', status: 503 } : undefined);
  const [outcome] = await run(tenant);
  expect([outcome?.state, outcome?.transactions]).toEqual(['failed', 1]);
  expect(outcome?.newRows).toBeGreaterThan(50);
  tenant.faults = undefined;
  const [next] = await run(tenant);
  expect(next?.state).toBe('collected');
  expect(next?.requests).toBeLessThan(10);
  expect(await rowsThatCount(tenant.pond, seriesOf(tenant, 0))).toEqual(trueRows(tenant, 0));
});

test('a run ends at the limit of readings, and the next ones go on until all is there', async () => {
  const tenant = await newTenant({ devices: 1 }, { maxPointsPerRun: 500 });
  tenant.now = START + 30 * DAY;
  const states: string[] = [];
  for (let at = 0; at < 20 && states.at(-1) !== 'collected'; at++) states.push((await run(tenant))[0]?.state ?? '');
  expect(states.length).toBeGreaterThan(3);
  expect(states.slice(0, -1).every((state) => state === 'limited')).toBe(true);
  expect(await rowsThatCount(tenant.pond, seriesOf(tenant, 0))).toEqual(trueRows(tenant, 0));
});

test('two collectors at once store every reading once', async () => {
  const tenant = await newTenant({ devices: 1 });
  const other = await openPond(tenant.pond.directory);
  for (let at = 0; at < 4; at++) {
    const both = [tenant.pond, other].map((pond) => collect(pond, tenant.config, tenant.client(), { nowMillis: () => tenant.now * 1000, batchMillis: 0 }));
    expect((await Promise.all(both)).flat().map(({ error }) => error)).toEqual([undefined, undefined]);
    tenant.now += 5 * DAY;
  }
  await run(tenant);
  await other.close();
  expect(await rowsThatCount(tenant.pond, seriesOf(tenant, 0))).toEqual(trueRows(tenant, 0));
  expect(await scalar(tenant.pond, `SELECT count(*) = (SELECT count(*) FROM (SELECT DISTINCT * FROM '${seriesOf(tenant, 0)}')) FROM '${seriesOf(tenant, 0)}'`)).toBe(true);
});

test('a device that gets another name keeps its series', async () => {
  const tenant = await newTenant({ devices: 1, late: 0, corrected: 0 });
  await run(tenant);
  const [device] = tenant.config.devices;
  if (device === undefined) throw new Error('a device was wanted');
  tenant.now += DAY;
  const config = { ...tenant.config, devices: [{ ...device, name: 'weir' }] };
  const [outcome] = await collect(tenant.pond, config, tenant.client(), { nowMillis: () => tenant.now * 1000 });
  expect(outcome?.requests).toBeLessThan(5);
  expect(await rowsThatCount(tenant.pond, `/hydrovu/devices/${device.id}/weir.series`)).toEqual(trueRows(tenant, 0));
  expect(await tenant.pond.read(async (fs) => (await fs.root()).exists(seriesOf(tenant, 0)))).toBe(false);
});

test('a dry run and a backfill: nothing is written; what is older than the overlap comes', async () => {
  const tenant = await newTenant({ devices: 1, late: 0.2, delaySeconds: 6 * DAY, corrected: 0 });
  await run(tenant);
  const then = tenant.now;
  tenant.now += 8 * DAY;
  await run(tenant);
  expect((await rowsThatCount(tenant.pond, seriesOf(tenant, 0))).size).toBeGreaterThan(0);
  const backfill = { fromSeconds: START, toSeconds: then };
  const before = (await tenant.pond.transaction()).txnSeq;
  const [dry] = await run(tenant, { backfill, isDryRun: true });
  expect((await tenant.pond.transaction()).txnSeq).toBe(before);
  const [filled] = await run(tenant, { backfill });
  expect(dry === undefined ? 0 : dry.newRows + dry.correctedRows).toBeGreaterThan(0);
  expect([filled?.newRows, filled?.correctedRows]).toEqual([dry?.newRows, dry?.correctedRows]);
  const until = (rows: ReadonlyMap<number, unknown>): unknown => [...rows].filter(([time]) => time <= then);
  expect(until(await rowsThatCount(tenant.pond, seriesOf(tenant, 0)))).toEqual(until(trueRows(tenant, 0)));
  expect((await run(tenant, { backfill }))[0]?.state).toBe('unchanged');
});

test('answers are kept as they came, in the transaction of their rows', async () => {
  const tenant = await newTenant({ devices: 1 }, { archiveRaw: true });
  await run(tenant);
  const bytes = await tenant.pond.read(async (fs) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of (await fs.root()).read(`/hydrovu/raw/${tenant.config.devices[0]?.id ?? ''}/00000001.ndjson.zst`)) chunks.push(chunk);
    return Buffer.concat(chunks);
  });
  const lines = Buffer.from(decompress(bytes)).toString().trimEnd().split('\n').map((line) => JSON.parse(line) as { page: number; body: string });
  const readings = lines.flatMap(({ body }) => (JSON.parse(body) as { parameters: { readings: unknown[] }[] }).parameters)
    .reduce((sum, { readings: some }) => sum + some.length, 0);
  expect(lines.map(({ page }) => page)).toEqual(lines.map((_, at) => at));
  expect(readings).toBe(tenant.model.readings(tenant.model.locations[0]?.id ?? 0n, 0, Infinity, tenant.now).reduce((sum, one) => sum + one.readings.length, 0));
});

const SEVEN: HydroVuConfig['devices'] = [{ id: '7', name: 'seven', scope: 's', active: true, clock: undefined, comment: undefined }];

async function withPages(tenant: Tenant, client: ReturnType<typeof fakeClient>, more: Partial<HydroVuConfig['devices'][0]> = {}): Promise<readonly DeviceOutcome[]> {
  const devices = SEVEN.map((device) => ({ ...device, ...more }));
  return collect(tenant.pond, { ...tenant.config, devices }, client, { nowMillis: () => tenant.now * 1000, batchMillis: 0 });
}

const at = (time: number, value: number, parameterId = '1'): FakeReading => ({ parameterId, time, value });

test('a reading of the future does not move the cursor beyond the present', async () => {
  const tenant = await newTenant();
  const client = fakeClient(() => [[at(START, 1), at(START + 50 * 365 * DAY, 2)]]);
  await withPages(tenant, client);
  await withPages(tenant, client);
  expect(client.spans.map(({ startSeconds }) => startSeconds)).toEqual([0, tenant.now + 1 - 2 * DAY]);
  expect((await rowsThatCount(tenant.pond, '/hydrovu/devices/7/seven.series')).size).toBe(2);
});

test('pages that come in another order than that of time are all stored, also when a run ends between them', async () => {
  const tenant = await newTenant();
  const pages = [[at(START + 3 * DAY, 3)], [at(START + 1 * DAY, 1)], [at(START + 2 * DAY, 2)]];
  let left = 2;
  const client = fakeClient(() => pages.slice(0, left), {}, () => (left < 3 ? new Error('gone') : undefined));
  expect((await withPages(tenant, client))[0]?.state).toBe('failed');
  left = 3;
  await withPages(tenant, client);
  expect(client.spans[1]?.startSeconds).toBeLessThanOrEqual(START + DAY);
  expect([...(await rowsThatCount(tenant.pond, '/hydrovu/devices/7/seven.series')).values()]).toEqual([1, 2, 3].map((value) => ({ 's.1.C': value })));
});

test('a column stays that of its ids when HydroVu renames a parameter, and two parameters of one name are two columns', async () => {
  const tenant = await newTenant();
  await withPages(tenant, fakeClient(() => [[at(START, 1, '1'), at(START, 2, '2')]], { 1: 'Level', 2: 'LEVEL' }));
  await withPages(tenant, fakeClient(() => [[at(START + DAY, 3, '1'), at(START + DAY, 4, '2')]], { 1: 'Niveau', 2: 'Tide' }));
  expect([...(await rowsThatCount(tenant.pond, '/hydrovu/devices/7/seven.series')).values()]).toEqual(
    [{ 's.Level.C': 1, 's.LEVEL (2, 1).C': 2 }, { 's.Level.C': 3, 's.LEVEL (2, 1).C': 4 }]);
});

test('a value that is corrected back and forth counts as it was last', async () => {
  const tenant = await newTenant();
  for (const [value, added] of [[1, 1], [2, 0], [1, 0]] as const) {
    const [outcome] = await withPages(tenant, fakeClient(() => [[at(START, value), at(START, 7, '2')]]));
    expect([outcome?.newRows, outcome?.correctedRows]).toEqual([added, 1 - added]);
    expect([...(await rowsThatCount(tenant.pond, '/hydrovu/devices/7/seven.series')).values()]).toEqual([{ 's.1.C': value, 's.2.C': 7 }]);
  }
  expect((await withPages(tenant, fakeClient(() => [[at(START, 1)]])))[0]?.state).toBe('unchanged');
});

test('the clock of a device in a zone is read as its local time', async () => {
  const tenant = await newTenant();
  const summer = Date.UTC(2024, 6, 1, 12) / 1000;
  await withPages(tenant, fakeClient(() => [[at(summer, 1)]]), { clock: 'America/Denver' });
  expect(await scalar(tenant.pond, `SELECT max(timestamp)::VARCHAR FROM '/hydrovu/devices/7/seven.series'`)).toBe('2024-07-01 18:00:00+00');
});
