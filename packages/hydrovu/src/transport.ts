import pRetry from 'p-retry';
import { HydroVuError } from './errors.ts';
import { createPace } from './pace.ts';
import { retryAfterMillis } from './retry-after.ts';

/** Waits; rejects with the reason of the signal when it is aborted. */
export type Sleep = (millis: number, signal?: AbortSignal) => Promise<void>;

export interface TransportOptions {
  readonly fetch: typeof globalThis.fetch;
  readonly sleep: Sleep;
  /** Monotonic. */
  readonly elapsedMillis: () => number;
  /** The time of day, for dates in answers. */
  readonly nowMillis: () => number;
  /** How often a request is made before it is given up. */
  readonly tries: number;
  /** The first wait between tries, at least; each is twice the one before, up to a minute, and up to twice as long by chance. */
  readonly backoffMillis: number;
  /** The wait after status 429 when the answer does not say how long. */
  readonly tooManyMillis: number;
  /** A request that takes longer is broken off. */
  readonly timeoutMillis: number;
  readonly requestsPerMinute: number;
  /** Told of each request, and of each failure that is tried again. */
  readonly onRequest?: () => void;
  readonly onRetry?: (reason: string) => void;
}

export interface Call {
  readonly url: string;
  /** What is asked for, for messages. */
  readonly what: string;
  /** Made anew for each try. */
  readonly init: () => Promise<RequestInit> | RequestInit;
  readonly signal: AbortSignal | undefined;
  /** What to do about an answer that is not 2xx beside trying again; a thrown error ends the call. */
  readonly refused?: (status: number) => void;
  /** Statuses that are an answer. */
  readonly accepts?: readonly number[];
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Makes a call and reads the answer with `read`; a body that `read` cannot parse is asked for again. */
export type Transport = <T>(call: Call, read: (reply: Reply) => T) => Promise<T>;

/** What may be tried again, and not before when. */
class Passing extends Error {
  readonly waitMillis: number;

  constructor(message: string, waitMillis = 0, options?: ErrorOptions) {
    super(message, options);
    this.waitMillis = waitMillis;
  }
}

const LONGEST_BACKOFF = 60_000;
const LONGEST_WAIT = 15 * 60_000;

/**
 * HTTP with bounded tries. Failures of the network, timeouts, bodies that end too early, statuses 401, 408, 425, 429 and 5xx, and bodies
 * that are not JSON are tried again.
 *
 * @throws HydroVuError `unavailable` after the last try, `bad-answer` for other statuses; the reason of the signal
 */
export function createTransport(options: TransportOptions): Transport {
  const { tries, backoffMillis, timeoutMillis, sleep } = options;
  const pace = createPace(options.requestsPerMinute, options.elapsedMillis, sleep);

  async function attempt<T>({ url, what, init, signal, refused, accepts = [] }: Call, read: (reply: Reply) => T): Promise<T> {
    const own = await init();
    await pace(signal);
    options.onRequest?.();
    const timeout = AbortSignal.timeout(timeoutMillis);
    const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    const reply = await options.fetch(url, { ...own, signal: either }).then(
      async (response): Promise<Reply> => ({ status: response.status, headers: response.headers, text: await response.text() }),
    ).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw new Passing(timeout.aborted ? `no answer in ${timeoutMillis / 1000} s` : networkReason(error), 0, { cause: error });
    });
    const { status, headers } = reply;
    if ((status >= 200 && status < 300) || accepts.includes(status)) {
      try {
        return read(reply);
      } catch (error) {
        if (error instanceof SyntaxError) throw new Passing('the answer was no JSON');
        throw error;
      }
    }
    refused?.(status);
    if (status === 429) {
      throw new Passing('too many requests (429)', retryAfterMillis(
        headers.get('retry-after'), headers.get('date'), options.nowMillis(),
      ) ?? options.tooManyMillis);
    }
    if (status >= 500 || status === 401 || status === 408 || status === 425) {
      throw new Passing(`status ${status}`, retryAfterMillis(headers.get('retry-after'), headers.get('date'), options.nowMillis()));
    }
    throw new HydroVuError('bad-answer', `Cannot get ${what}: the API answered with status ${status}, 200 was wanted`, { status });
  }

  return async (call, read) => {
    try {
      return await pRetry(() => attempt(call, read), {
        retries: tries - 1, minTimeout: backoffMillis, maxTimeout: LONGEST_BACKOFF, randomize: true,
        ...(call.signal === undefined ? {} : { signal: call.signal }),
        shouldRetry: ({ error }) => error instanceof Passing && error.waitMillis <= LONGEST_WAIT,
        onFailedAttempt: async ({ error, retriesLeft }) => {
          if (!(error instanceof Passing) || error.waitMillis > LONGEST_WAIT || retriesLeft === 0) return;
          options.onRetry?.(`${call.what}: ${error.message}`);
          if (error.waitMillis > 0) await sleep(error.waitMillis, call.signal);
        },
      });
    } catch (error) {
      if (!(error instanceof Passing)) throw error;
      const is = error.waitMillis > LONGEST_WAIT ? `${error.message}, and it asks to wait ${Math.ceil(error.waitMillis / 60_000)} minutes`
        : `${error.message}, at the last of ${tries} tries`;
      throw new HydroVuError('unavailable', `Cannot get ${call.what}: ${is}`, { what: call.what }, { cause: error });
    }
  };
}

/** What the network says: `fetch` hides it one or two causes deep. */
function networkReason(error: unknown): string {
  let deepest = error;
  while (deepest instanceof Error && deepest.cause instanceof Error) deepest = deepest.cause;
  if (!(deepest instanceof Error)) return String(deepest);
  const code = 'code' in deepest && typeof deepest.code === 'string' ? deepest.code : undefined;
  return deepest.message === '' ? code ?? deepest.name : deepest.message;
}
