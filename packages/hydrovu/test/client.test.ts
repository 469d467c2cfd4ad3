import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient, HydroVuError, type ReceivedPage } from '../src/index.ts';
import { type Fault, faultsAt } from '../src/testing/index.ts';
import { scratchDirectories } from './scratch-directory.ts';
import { CREDENTIALS, DAY, openTenant, START, type Tenant } from './tenant.ts';

const scratch = scratchDirectories();
let tenant: Tenant;
beforeAll(async () => { tenant = await openTenant(scratch(), { seed: 1, cadenceSeconds: 3600 }, { pageEntries: 3, tokenRequests: 7 }); });
afterAll(() => tenant.close());

/** Request 1 asks for the token. The plan counts from the requests that were made before. */
function plan(faults: Readonly<Record<number, Fault>>): void {
  const before = tenant.server.counts().requests;
  const at = faultsAt(faults);
  tenant.faults = (request) => at(request - before);
}

async function pagesOf(location: number, startSeconds: number, endSeconds?: number): Promise<ReceivedPage[]> {
  const pages: ReceivedPage[] = [];
  const span = endSeconds === undefined ? { startSeconds } : { startSeconds, endSeconds };
  for await (const page of tenant.client().readings(String(tenant.model.locations[location]?.id), span)) pages.push(page);
  return pages;
}

test('locations() and names() put pages together, and keep all digits of ids', async () => {
  tenant.faults = undefined;
  const [locations, names] = [await tenant.client().locations(), await tenant.client().names()];
  expect(locations.map(({ id, name, description }) => [id, name, description])).toEqual(
    tenant.model.locations.map(({ id, name, description }) => [String(id), name, description]));
  expect(Object.fromEntries(names.parameters)).toEqual(tenant.model.names.parameters);
  expect(Object.fromEntries(names.units)).toEqual(tenant.model.names.units);
});

test('readings() gives every page of a location, however many tokens it takes', async () => {
  const pages = await pagesOf(1, 0);
  const own = tenant.model.readings(tenant.model.locations[1]?.id ?? 0n, 0, Infinity, tenant.now);
  expect(pages.length).toBeGreaterThan(4);
  const count = (some: readonly { readonly readings: readonly unknown[] }[]): number => some.reduce((sum, { readings }) => sum + readings.length, 0);
  expect(pages.reduce((sum, page) => sum + count(page.parameters), 0)).toBe(count(own));
  expect(pages.map(({ number, hasMore }) => [number, hasMore])).toEqual(pages.map((_, at) => [at, at < pages.length - 1]));
});

test('readings() has no pages where the API says 404', async () => {
  expect(await pagesOf(0, tenant.now + DAY)).toEqual([]);
  expect(await pagesOf(0, 2000, START - 1)).toEqual([]);
});

test.each<[string, Fault]>([
  ['a token that is refused in the middle', { kind: 'unauthorized' }],
  ['too many requests', { kind: 'too-many', retryAfter: 'seconds', seconds: 7 }],
  ['a server that is down', { kind: 'unavailable', status: 503 }],
  ['a connection that ends in mid-body', { kind: 'reset', afterBytes: 700 }],
  ['a connection that ends before it began', { kind: 'reset', afterBytes: 0 }],
  ['a page of HTML', { kind: 'garbage' }],
  ['a slow answer', { kind: 'slow', millis: 30 }],
])('%s costs no reading', async (_, fault) => {
  tenant.faults = undefined;
  const calm = await pagesOf(0, START);
  for (const at of [1, 2, 4]) {
    plan({ [at]: fault });
    const before = tenant.server.counts();
    const pages = await pagesOf(0, START);
    expect(pages.map(({ parameters }) => sorted(parameters))).toEqual(calm.map(({ parameters }) => sorted(parameters)));
    // One request that failed, and a token instead of one that was refused.
    expect(tenant.server.counts().data - before.data).toBe(calm.length + (fault.kind === 'reset' && at > 1 ? 1 : 0));
    expect(tenant.server.counts().refused).toBe(0);
  }
});

function sorted(parameters: ReceivedPage['parameters']): unknown {
  return [...parameters].sort((a, b) => (`${a.parameterId}/${a.unitId}` < `${b.parameterId}/${b.unitId}` ? -1 : 1));
}

test('the wait after 429 is the one that is asked for, in seconds or as a date, else a minute', async () => {
  for (const [retryAfter, wait] of [['seconds', 9000], ['date', 9000], ['none', 60_000]] as const) {
    tenant.waits.length = 0;
    plan({ 2: { kind: 'too-many', retryAfter, seconds: 9 } });
    await pagesOf(0, START, START + DAY);
    expect(tenant.waits).toEqual([wait]);
  }
});

test('tries have an end, and the error says what failed and holds no secret', async () => {
  tenant.faults = (request) => ({ kind: 'unavailable', status: request % 2 === 0 ? 500 : 502 });
  const before = tenant.server.counts().requests;
  const error = await tenant.client({ tries: 4 }).names().catch((caught: unknown) => caught);
  tenant.faults = undefined;
  expect(tenant.server.counts().requests - before).toBe(4);
  expect(error).toBeInstanceOf(HydroVuError);
  expect((error as HydroVuError).code).toBe('unavailable');
  expect((error as HydroVuError).message).toMatch(/^Cannot get a token: status 50[02], at the last of 4 tries$/);
  tenant.faults = () => ({ kind: 'too-many', retryAfter: 'seconds', seconds: 86_400 });
  await expect(tenant.client().names()).rejects.toThrow('it asks to wait 1440 minutes');
  tenant.faults = undefined;
});

test('credentials that are refused are not tried again, and in no message', async () => {
  const client = tenant.client({ credentials: { clientId: 'nobody-here', clientSecret: 'wrong-secret' } });
  const before = tenant.server.counts().requests;
  const error = await client.names().catch((caught: unknown) => caught);
  expect((error as HydroVuError).code).toBe('refused');
  expect(tenant.server.counts().requests - before).toBe(1);
  for (let at: unknown = error; at instanceof Error; at = at.cause) expect(`${at.message} ${at.stack ?? ''}`).not.toMatch(/nobody-here|wrong-secret/);
});

test('nobody listening is an error of code unavailable that names the reason', async () => {
  const client = tenant.client({ baseUrl: 'http://127.0.0.1:9/public-api', tries: 2 });
  await expect(client.locations()).rejects.toThrow(/^Cannot get a token: .*(ECONNREFUSED|bad port).*, at the last of 2 tries$/);
});

test('an answer that takes too long is broken off and asked for again', async () => {
  plan({ 2: { kind: 'slow', millis: 2000 } });
  const pages: ReceivedPage[] = [];
  const client = tenant.client({ timeoutMillis: 150 });
  for await (const page of client.readings(String(tenant.model.locations[0]?.id), { startSeconds: START, endSeconds: START + DAY })) pages.push(page);
  expect([pages.length, client.requests()]).toEqual([1, 3]);
});

test('a signal ends the waiting with its reason', async () => {
  plan({ 1: { kind: 'slow', millis: 3000 } });
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error('enough')), 50);
  await expect(tenant.client().names(controller.signal)).rejects.toThrow('enough');
});

test('no minute has more requests than the API allows', async () => {
  tenant.faults = undefined;
  let clock = 0;
  const waits: number[] = [];
  const client = tenant.client({
    requestsPerMinute: 3, elapsedMillis: () => clock,
    sleep: (millis) => {
      waits.push(millis);
      clock += millis;
      return Promise.resolve();
    },
  });
  for (let at = 0; at < 3; at++) {
    await client.locations();
    clock += 1000;
  }
  // A token and one page each: the fourth request waits for the first to be a minute old.
  expect(client.requests()).toBe(4);
  expect(waits).toEqual([58_000]);
});

test.each([
  ['http://example.org/public-api', 'for all to read'], ['https://me:pw@example.org/', 'credentials in it'], ['nonsense', 'no address'],
  ['https://example.org/?key=1', 'a query'],
])('the base_url %s is refused', (baseUrl, why) => {
  let message = '';
  try {
    createClient({ baseUrl, credentials: CREDENTIALS, nowMillis: () => 0 });
  } catch (error) {
    message = (error as Error).message;
  }
  expect(message).toContain(why);
  expect(message).not.toContain('pw');
});
