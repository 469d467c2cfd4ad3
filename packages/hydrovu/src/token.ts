import { HydroVuError } from './errors.ts';
import type { Transport } from './transport.ts';

/** Whoever may ask the API. The values are secrets: they are in no message. */
export interface Credentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** The access token of one client: asked for at its first use, and again before it runs out. */
export interface TokenHolder {
  get(signal: AbortSignal | undefined): Promise<string>;
  /** Says that the API does not take this token any more. */
  drop(token: string): void;
}

/** What is asked for when signing in, as errors call it. */
export const TOKEN = 'a token';
const SCOPE = 'read:locations read:data';
const DEFAULT_SECONDS = 3600;
/** A token is renewed so long before its end. */
const MARGIN_MILLIS = 60_000;

/** OAuth2 client credentials (RFC 6749, section 4.4). @throws HydroVuError `refused`, `unavailable`, `bad-answer` */
export function createTokenHolder(
  baseUrl: string, { clientId, clientSecret }: Credentials, transport: Transport, elapsedMillis: () => number,
): TokenHolder {
  let held: { readonly token: string; readonly untilMillis: number } | undefined;

  async function ask(signal: AbortSignal | undefined): Promise<string> {
    const asked = elapsedMillis();
    const basic = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64');
    const init: RequestInit = {
      method: 'POST', redirect: 'error',
      headers: { authorization: `Basic ${basic}`, accept: 'application/json' },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: SCOPE }),
    };
    const refused = (status: number): void => {
      if (![400, 401, 403].includes(status)) return;
      throw new HydroVuError('refused', `Cannot sign in to "${baseUrl}": the API refused the credentials (status ${status}), `
        + 'client_id and client_secret of the account were wanted', { status });
    };
    const { token, seconds } = await transport({ url: `${baseUrl}/oauth/token`, what: TOKEN, init: () => init, signal, refused },
      ({ text }) => decodeToken(JSON.parse(text)));
    held = { token, untilMillis: asked + seconds * 1000 - MARGIN_MILLIS };
    return token;
  }

  return {
    get: async (signal) => (held !== undefined && elapsedMillis() < held.untilMillis ? held.token : ask(signal)),
    drop(token) {
      if (held?.token === token) held = undefined;
    },
  };
}

function decodeToken(value: unknown): { readonly token: string; readonly seconds: number } {
  const { access_token: token, expires_in: seconds } = (typeof value === 'object' && value !== null ? value : {}) as {
    readonly access_token?: unknown; readonly expires_in?: unknown;
  };
  if (typeof token !== 'string' || token === '') {
    throw new HydroVuError('bad-answer', 'Cannot sign in: the API sent no access token, one was wanted');
  }
  return { token, seconds: typeof seconds === 'number' && seconds > 0 ? seconds : DEFAULT_SECONDS };
}
