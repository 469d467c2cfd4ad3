import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { chance } from './chance.ts';
import type { Fault, FaultKind, FaultPlan } from './faults.ts';
import type { Model } from './model.ts';
import { pageToken, positionOf, type Question } from './page-token.ts';

export interface ServerOptions {
  readonly model: Model;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Unix seconds: what was not there yet is not told. */
  readonly now: () => number;
  readonly faults?: FaultPlan;
  /** How much of the time one page tells; default two days. */
  readonly pageSeconds?: number;
  /** Entries of a page of locations or names; default 2. */
  readonly pageEntries?: number;
  /** How many requests a token is good for; default 500. */
  readonly tokenRequests?: number;
  /** Whether pages are kept, and every later question for them is answered at once; what they tell does not change then. */
  readonly keepPages?: boolean;
  /** Default: any free port of the loopback interface. */
  readonly port?: number;
}

/** What was asked, and what was answered. */
export interface ServerCounts {
  readonly requests: number;
  readonly tokens: number;
  /** Whole pages of readings, of names and of locations. */
  readonly data: number;
  readonly names: number;
  readonly locations: number;
  /** Questions for readings that had none. */
  readonly nothing: number;
  /** Requests that were refused for what they were: these are mistakes of the client. */
  readonly refused: number;
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
}

export interface TestServer {
  /** What a client takes for the API: up to and without `/v1`. */
  readonly baseUrl: string;
  readonly counts: () => ServerCounts;
  close(): Promise<void>;
}

const PREFIX = '/public-api';
const DATA = /^\/v1\/locations\/(\d+)\/data$/;

interface Answer {
  readonly status: number;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A HydroVu on the loopback interface that answers as the public API does, and fails as it is told to. */
export async function startServer(options: ServerOptions): Promise<TestServer> {
  const { model, now, faults, pageSeconds = 2 * 86_400, pageEntries = 2, tokenRequests = 500, keepPages = false, port = 0 } = options;
  const counts = { requests: 0, tokens: 0, data: 0, names: 0, locations: 0, nothing: 0, refused: 0 };
  const faultCounts: Partial<Record<FaultKind, number>> = {};
  const pages = new Map<string, Answer>();
  let token = '';
  let left = 0;

  const refuse = (status: number, error: string): Answer => {
    counts.refused++;
    return json(status, { error });
  };

  async function answerToken(request: IncomingMessage): Promise<Answer> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const form = new URLSearchParams(body);
    const pair = [options.clientId, options.clientSecret].map(encodeURIComponent).join(':');
    const wanted = `Basic ${Buffer.from(pair).toString('base64')}`;
    if (request.headers.authorization !== wanted) return refuse(401, 'invalid_client');
    if (form.get('grant_type') !== 'client_credentials') return refuse(400, 'unsupported_grant_type');
    if (form.get('scope') !== 'read:locations read:data') return refuse(400, 'invalid_scope');
    counts.tokens++;
    token = `token-${counts.tokens}-${options.clientSecret.length}`;
    left = tokenRequests;
    return json(200, { access_token: token, token_type: 'bearer', expires_in: 3600, scope: 'read:locations read:data' });
  }

  /** A part of a list, and where the next part begins. */
  function answerList(kind: 'names' | 'locations', question: Question, startPage: string): Answer {
    const position = startPage === '' ? 0 : positionOf(question, startPage);
    if (position === undefined) return refuse(400, 'bad page');
    const { parameters, units } = model.names;
    const [total, text] = kind === 'locations'
      ? [model.locations.length, (from: number, to: number) => locationsText(model, from, to)]
      : [Math.max(...[parameters, units].map((names) => Object.keys(names).length)), (from: number, to: number) => JSON.stringify(
        { parameters: slice(parameters, from, to), units: slice(units, from, to) },
      )];
    counts[kind]++;
    const end = position + pageEntries;
    return { status: 200, body: text(position, end), ...(end < total ? { headers: nextPage(question, end) } : {}) };
  }

  function answerData(location: bigint, question: Question, startPage: string): Answer {
    const query = new URLSearchParams(question.query);
    const bounds = ['startTime', 'endTime'].map((name) => query.get(name)?.match(/^-?\d+$/)?.[0]);
    if (bounds[0] === undefined || (query.has('endTime') && bounds[1] === undefined)) return refuse(400, 'bad time');
    const end = bounds[1] === undefined ? Number.POSITIVE_INFINITY : Number(bounds[1]) + 1;
    const from = startPage === '' ? model.firstTime(location, Number(bounds[0]), now()) : positionOf(question, startPage);
    if (startPage !== '' && from === undefined) return refuse(400, 'the filters are not those of the first page');
    if (from === undefined || from >= end) {
      counts.nothing++;
      return json(404, { message: 'not found' });
    }
    const to = Math.min(from + pageSeconds, end);
    const next = model.firstTime(location, to, now());
    counts.data++;
    const parameters = shuffled(model.readings(location, from, to, now()), counts.requests);
    const body = `{"locationId":${location},"parameters":${JSON.stringify(parameters)}}`;
    return { status: 200, body, ...(next === undefined || next >= end ? {} : { headers: nextPage(question, next) }) };
  }

  function answerApi(request: IncomingMessage, url: URL): Answer {
    if (request.headers.authorization !== `Bearer ${token}` || left <= 0) return json(401, { error: 'invalid_token' });
    left--;
    const startPage = String(request.headers['x-isi-start-page'] ?? '');
    const path = url.pathname.slice(PREFIX.length);
    const question = { path, query: url.search };
    const key = `${path}${url.search} ${startPage}`;
    const kept = keepPages ? pages.get(key) : undefined;
    if (kept !== undefined) return kept;
    const location = DATA.exec(path)?.[1];
    const answer = path === '/v1/sispec/friendlynames' ? answerList('names', question, startPage)
      : path === '/v1/locations/list' ? answerList('locations', question, startPage)
        : location === undefined ? refuse(404, 'no such address') : answerData(BigInt(location), question, startPage);
    if (!keepPages) return answer;
    const whole = { ...answer, body: Buffer.from(answer.body) };
    pages.set(key, whole);
    return whole;
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    counts.requests++;
    const url = new URL(request.url ?? '/', 'http://localhost');
    const fault = faults?.(counts.requests);
    if (fault !== undefined) {
      faultCounts[fault.kind] = (faultCounts[fault.kind] ?? 0) + 1;
      if (fault.kind === 'unauthorized') left = 0;
    }
    const isToken = url.pathname === `${PREFIX}/oauth/token` && request.method === 'POST';
    const spoiled = fault === undefined ? undefined : faultAnswer(fault, now);
    if (isToken && fault?.kind === 'unauthorized') return send(response, json(503, {}));
    if (spoiled !== undefined) return send(response, spoiled);
    if (fault?.kind === 'slow') await wait(fault.millis);
    const answer = isToken ? await answerToken(request) : answerApi(request, url);
    if (fault?.kind === 'reset') return cutOff(response, answer, fault.afterBytes);
    return send(response, answer);
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  await listen(server, port);
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    baseUrl: `http://127.0.0.1:${bound}${PREFIX}`,
    counts: () => ({ ...counts, faults: { ...faultCounts } }),
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve());
  });
}

function json(status: number, value: unknown): Answer {
  return { status, body: JSON.stringify(value) };
}

/** Ids are whole numbers of 64 bits, which `JSON.stringify` has not. */
function locationsText({ locations }: Model, from: number, to: number): string {
  const items = locations.slice(from, to).map(({ id, name, description, gps }) =>
    `{"id":${id},"name":${JSON.stringify(name)},"description":${JSON.stringify(description)},"gps":${JSON.stringify(gps)}}`);
  return `[${items.join(',')}]`;
}

function slice(names: Readonly<Record<string, string>>, from: number, to: number): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(names).slice(from, to));
}

function nextPage(question: Question, position: number): Readonly<Record<string, string>> {
  return { 'X-ISI-Next-Page': pageToken(question, position) };
}

function shuffled<T>(items: readonly T[], seed: number): readonly T[] {
  return items.map((item, at) => ({ item, draw: chance(seed, at) })).sort((a, b) => a.draw - b.draw).map(({ item }) => item);
}

function faultAnswer(fault: Fault, now: () => number): Answer | undefined {
  switch (fault.kind) {
    case 'unauthorized': return json(401, { error: 'invalid_token' });
    case 'unavailable': return { status: fault.status, body: 'unavailable' };
    case 'garbage': return { status: 200, body: '<html><body>Maintenance</body></html>', headers: { 'Content-Type': 'text/html' } };
    case 'too-many': {
      const date = new Date((now() + fault.seconds) * 1000).toUTCString();
      const value = fault.retryAfter === 'date' ? { Date: new Date(now() * 1000).toUTCString(), 'Retry-After': date }
        : { 'Retry-After': String(fault.seconds) };
      return { status: 429, body: '', ...(fault.retryAfter === 'none' ? {} : { headers: value }) };
    }
    case 'reset': case 'slow': return undefined;
  }
}

function send(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(body);
}

/** The answer begins as it should, and the connection ends in the middle of it. */
function cutOff(response: ServerResponse, { status, body, headers = {} }: Answer, afterBytes: number): void {
  const bytes = Buffer.from(body);
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': bytes.length, ...headers });
  response.write(bytes.subarray(0, Math.min(afterBytes, bytes.length - 1)), () => response.destroy());
}
