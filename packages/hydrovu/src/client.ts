import { setTimeout as wait } from 'node:timers/promises';
import { decodeLocations, decodeNames, decodePage, type DataPage, type Location, type Names, parseAnswer } from './answers.ts';
import { HydroVuError } from './errors.ts';
import { createTokenHolder, type Credentials } from './token.ts';
import { createTransport, type Reply, type TransportOptions } from './transport.ts';

export interface ClientOptions extends Partial<TransportOptions> {
  /** Up to and without `/v1`; see `DEFAULT_BASE_URL`. */
  readonly baseUrl: string;
  readonly credentials: Credentials;
  /** The time of day, unix milliseconds. */
  readonly nowMillis: () => number;
}

/** What the readings of a location are asked for by: unix seconds, both included. */
export interface Span {
  readonly startSeconds: number;
  readonly endSeconds?: number;
}

/** A page as it was read, and as it came. */
export interface ReceivedPage extends DataPage {
  readonly text: string;
  /** From 0. */
  readonly number: number;
  /** Whether the API has more. */
  readonly hasMore: boolean;
}

/** The public API of HydroVu. Every method is one question, asked again when the network or the API fails for a time. */
export interface Client {
  readonly baseUrl: string;
  names(signal?: AbortSignal): Promise<Names>;
  locations(signal?: AbortSignal): Promise<readonly Location[]>;
  /** The pages of a location one by one; none when there are no readings from the start on. The id is in digits. */
  readings(location: string, span: Span, signal?: AbortSignal): AsyncGenerator<ReceivedPage, void, void>;
  /** Requests so far, of every kind. */
  requests(): number;
}

export const DEFAULT_BASE_URL = 'https://www.hydrovu.com/public-api';
/** The most that the API allows an account. */
const REQUESTS_PER_MINUTE = 1000;
const TRIES = 7;
const BACKOFF_MILLIS = 1000;
const TIMEOUT_MILLIS = 60_000;
const TOO_MANY_MILLIS = 60_000;
const NOT_FOUND = 404;

export function createClient(options: ClientOptions): Client {
  const { credentials, elapsedMillis = () => performance.now() } = options;
  const baseUrl = checkedBaseUrl(options.baseUrl);
  let requests = 0;
  const transport = createTransport({
    fetch: globalThis.fetch,
    sleep: async (millis, signal) => { await wait(millis, undefined, signal === undefined ? {} : { signal }); },
    tries: TRIES, backoffMillis: BACKOFF_MILLIS, timeoutMillis: TIMEOUT_MILLIS,
    tooManyMillis: TOO_MANY_MILLIS, requestsPerMinute: REQUESTS_PER_MINUTE,
    ...options,
    elapsedMillis,
    onRequest: () => {
      requests++;
      options.onRequest?.();
    },
  });
  const tokens = createTokenHolder(baseUrl, credentials, transport, elapsedMillis);

  /** One page of a question. `page` is what the page before said. */
  async function get<T>(
    path: string, what: string, page: string, signal: AbortSignal | undefined, read: (reply: Reply) => T,
  ): Promise<{ readonly value: T; readonly next: string }> {
    let token = '';
    return transport({
      url: `${baseUrl}/v1/${path}`, what, signal, accepts: [NOT_FOUND],
      init: async () => {
        token = await tokens.get(signal);
        return { redirect: 'error', headers: { authorization: `Bearer ${token}`, accept: 'application/json', 'x-isi-start-page': page } };
      },
      refused(status) {
        if (status === 401) tokens.drop(token);
        if (status !== 403) return;
        throw new HydroVuError('forbidden', `Cannot get ${what}: the API forbids it to this account (status 403)`, { status });
      },
    }, (reply) => ({ value: read(reply), next: reply.headers.get('x-isi-next-page') ?? '' }));
  }

  async function* pages<T>(
    path: string, what: string, signal: AbortSignal | undefined, read: (reply: Reply) => T,
  ): AsyncGenerator<{ readonly value: T; readonly hasMore: boolean }, void, void> {
    for (let page = ''; ;) {
      const { value, next } = await get(path, what, page, signal, read);
      yield { value, hasMore: next !== '' };
      if (next === '') return;
      if (next === page) {
        throw new HydroVuError('bad-answer', `Cannot get ${what}: the API leads from a page to the same one, a last page was wanted`);
      }
      page = next;
    }
  }

  return {
    baseUrl,
    requests: () => requests,

    async names(signal) {
      const [parameters, units] = [new Map<string, string>(), new Map<string, string>()];
      const read = found(({ text }) => decodeNames(parseAnswer(text)));
      for await (const { value } of pages('sispec/friendlynames', 'the names', signal, read)) {
        for (const [id, name] of value.parameters) parameters.set(id, name);
        for (const [id, name] of value.units) units.set(id, name);
      }
      return { parameters, units };
    },

    async locations(signal) {
      const all: Location[] = [];
      const read = found(({ text }) => decodeLocations(parseAnswer(text)));
      for await (const { value } of pages('locations/list', 'the locations', signal, read)) all.push(...value);
      return all;
    },

    async *readings(location, { startSeconds, endSeconds }, signal) {
      const query = `startTime=${startSeconds}${endSeconds === undefined ? '' : `&endTime=${endSeconds}`}`;
      const what = `the readings of location ${location} from ${startSeconds}`;
      let number = 0;
      const read = ({ status, text }: Reply): (DataPage & { readonly text: string }) | undefined =>
        (status === NOT_FOUND ? undefined : { ...decodePage(parseAnswer(text), location), text });
      for await (const { value, hasMore } of pages(`locations/${location}/data?${query}`, what, signal, read)) {
        if (value === undefined) return;
        yield { ...value, number: number++, hasMore };
      }
    },
  };
}

/** For questions that always have an answer. */
function found<T>(read: (reply: Reply) => T): (reply: Reply) => T {
  return (reply) => {
    if (reply.status !== NOT_FOUND) return read(reply);
    throw new HydroVuError('bad-answer', 'Cannot use the API: it has no such address (status 404), that of the HydroVu API was wanted');
  };
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** An address to which credentials may be sent. @throws HydroVuError `bad-config` */
export function checkedBaseUrl(text: string): string {
  const refuse = (is: string): HydroVuError =>
    new HydroVuError('bad-config', `Cannot use the base_url: ${is}, an https address such as "${DEFAULT_BASE_URL}" was wanted`);
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw refuse('it is no address');
  }
  if (url.username !== '' || url.password !== '') throw refuse('it has credentials in it');
  if (url.search !== '' || url.hash !== '') throw refuse('it has a query or a fragment');
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && LOOPBACK.test(url.hostname))) {
    throw refuse(`"${url.protocol}//${url.host}" would send the credentials for all to read`);
  }
  return url.href.replace(/\/+$/, '');
}
