import type { RunContext, RunOutcome } from '@duckpond/pond';
import { afterEach, expect, test } from 'vitest';
import { HYDROVU_ENTRY } from '../src/index.ts';
import { scratchDirectories } from './scratch-directory.ts';
import { CREDENTIALS, DAY, openTenant, rowsThatCount, type Tenant, trueRows } from './tenant.ts';

const scratch = scratchDirectories();
const open: Tenant[] = [];
afterEach(async () => { for (const tenant of open.splice(0)) await tenant.close(); });

async function newTenant(): Promise<Tenant> {
  const tenant = await openTenant(scratch(), { seed: 9, devices: 2, cadenceSeconds: 3600 });
  open.push(tenant);
  return tenant;
}

const configOf = ({ server, model }: Tenant, more = ''): string => `base_url: ${server.baseUrl}
client_id: \${env:HV_ID}
client_secret: \${env:HV_SECRET}
path: /water
devices:
  - { id: " ${model.locations[0]?.id ?? ''} ", name: weir, scope: Vulink }
  - id: "${model.locations[1]?.id ?? ''}"
    name: well 3
    active: false
${more}`;

interface Ran {
  readonly outcome: RunOutcome;
  readonly notes: readonly string[];
}

async function run(tenant: Tenant, config: string, command: string, args: readonly string[] = [], secret = CREDENTIALS.clientSecret): Promise<Ran> {
  const notes: string[] = [];
  const variables: Readonly<Record<string, string>> = { HV_ID: CREDENTIALS.clientId, HV_SECRET: secret };
  const context: RunContext = {
    pond: tenant.pond, path: '/etc/hydrovu', config, command, args, signal: new AbortController().signal, commandLine: ['pond', 'run', '/etc/hydrovu', command],
    environment: { nowMicros: () => BigInt(tenant.now) * 1_000_000n, variable: (name) => variables[name] },
    note: (text) => notes.push(text), progress: () => undefined,
  };
  const factory = await HYDROVU_ENTRY.load();
  if (!('run' in factory)) throw new Error('an executable factory was wanted');
  return { outcome: await factory.run(context), notes };
}

test('collect stores the active devices, and tells what it did in a table', async () => {
  const tenant = await newTenant();
  const { outcome } = await run(tenant, configOf(tenant), 'collect');
  expect(outcome.state).toBe('done');
  expect(outcome.items).toHaveLength(1);
  expect(outcome.items[0]).toMatchObject({ name: 'weir', state: 'collected', first: '2024-01-01T00:00:00Z', last: '2024-01-11T00:00:00Z', error: null });
  const rows = await rowsThatCount(tenant.pond, `/water/devices/${tenant.model.locations[0]?.id ?? ''}/weir.series`);
  const wanted = [...trueRows(tenant, 0)].map(([time, row]) => [time, Object.fromEntries(Object.entries(row).map(([name, value]) => [name.replace('s1.', 'Vulink.'), value]))]);
  expect([...rows]).toEqual(wanted);
  const { outcome: other } = await run(tenant, configOf(tenant), 'collect', ['well 3']);
  expect(other.items.map(({ name, state }) => [name, state])).toEqual([['well 3', 'collected']]);
});

test('archive puts a series away, and the next run begins a new one behind it', async () => {
  const tenant = await newTenant();
  const directory = `/water/devices/${tenant.model.locations[0]?.id ?? ''}`;
  await run(tenant, configOf(tenant), 'collect');
  const { outcome } = await run(tenant, configOf(tenant), 'archive', ['weir']);
  expect(outcome.items[0]).toMatchObject({ from: `${directory}/weir.series`, to: `${directory}/weir_archive_20240111.series` });
  tenant.now += 3 * DAY;
  await run(tenant, configOf(tenant), 'collect');
  tenant.now += 3 * DAY;
  await run(tenant, configOf(tenant), 'collect');
  const [old, young] = [await rowsThatCount(tenant.pond, `${directory}/weir_archive_20240111.series`), await rowsThatCount(tenant.pond, `${directory}/weir.series`)];
  expect([...young.keys()].some((time) => old.has(time))).toBe(false);
  expect([...old.keys(), ...young.keys()]).toEqual([...trueRows(tenant, 0).keys()]);
});

test('locations and scan look, and store nothing', async () => {
  const tenant = await newTenant();
  const before = (await tenant.pond.transaction()).txnSeq;
  const { outcome } = await run(tenant, configOf(tenant), 'locations');
  expect(outcome.items.map(({ id, name, device }) => [id, name, device])).toEqual([[9007199254740992n, ' Site 1', 'weir'], [9007199254740993n, ' Site 2', 'well 3']]);
  const { outcome: scanned } = await run(tenant, configOf(tenant), 'scan', ['weir', '--from', '2024-01-02', '--to', '2024-01-03']);
  expect(scanned.items.map(({ column }) => column)).toContain('Vulink.Temperature.C');
  for (const { first, last } of scanned.items) expect([String(first) >= '2024-01-02T00:00:00Z', String(last) <= '2024-01-03T00:00:00Z']).toEqual([true, true]);
  expect((await tenant.pond.transaction()).txnSeq).toBe(before);
});

test('one device of two that fails is some-failed; all of them is an error', async () => {
  const tenant = await newTenant();
  const broken = configOf(tenant).replace(String(tenant.model.locations[1]?.id), '5').replace('    active: false\n', '');
  const { outcome, notes } = await run(tenant, broken, 'collect');
  expect([outcome.state, outcome.items.map(({ state }) => state)]).toEqual(['some-failed', ['collected', 'failed']]);
  expect(notes.join()).toContain('well 3: Cannot collect "well 3": the account has no location 5');
  await expect(run(tenant, broken, 'collect', ['well 3'])).rejects.toThrow('the account has no location 5');
});

test.each([
  [['--from', 'then'], '--from is "then"'], [['--from', '2024-01-02', '--to', '2024-01-01'], '--to is before --from'], [[], 'from when is not told'],
  [['--form', '2024'], 'Unknown option \'--form\''],
])('backfill %j is a usage error', async (args, why) => {
  const tenant = await newTenant();
  const error = await run(tenant, configOf(tenant), 'backfill', args).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ name: 'HydroVuError', code: 'usage' });
  expect((error as Error).message).toContain(why);
});

test('a config is refused with line and field, and a secret in plain text is not repeated', async () => {
  const factory = await HYDROVU_ENTRY.load();
  const check = (text: string): string => {
    try {
      void factory.check(text);
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  const good = 'client_id: ${env:A}\nclient_secret: ${env:B}\npath: /p\ndevices:\n  - { id: "1", name: a }\n';
  expect(check(good)).toBe('');
  expect(check(good.replace('${env:B}', 'hunter2-plain'))).toMatch(/line 2: client_secret: is a secret in plain text/);
  expect(check(good.replace('${env:B}', 'hunter2-plain'))).not.toContain('hunter2');
  expect(check(good.replace('"1"', '9007199254740993'))).toMatch(/line 5: devices\[0\]\.id: .*a whole number in quotes was wanted/);
  expect(check(`${good}  - { id: "1", name: b }\n`)).toMatch(/line 6: devices\[1\]\.id: is 1 again/);
  expect(check(good.replace('name: a', 'name: a, clock: Mars/Base'))).toMatch(/devices\[0\]\.clock: is "Mars\/Base", an IANA time zone/);
  expect(check(`${good}overlap: soon\n`)).toMatch(/overlap: is "soon", a duration/);
  expect(check(`${good}max_point_per_run: 3\n`)).toMatch(/max_point_per_run: is no field, "max_points_per_run" was wanted/);
  expect(check(factory.definition.example)).toBe('');
});

test('a run with wrong credentials fails with no secret in any text', async () => {
  const tenant = await newTenant();
  const error = await run(tenant, configOf(tenant), 'collect', [], 'wrong-but-secret').catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'refused' });
  expect(`${(error as Error).message} ${(error as Error).stack ?? ''}`).not.toContain('wrong-but-secret');
  expect((await tenant.pond.transaction()).txnSeq).toBe(1);
});
