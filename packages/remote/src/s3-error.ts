import { DeltaError } from '@duckpond/delta';
import { RemoteError } from './errors.ts';

interface ServiceFault {
  readonly name: string;
  readonly status: number | undefined;
  readonly attempts: number;
}

/** What the SDK says of a failed request; a failure of the network has no status. */
export function faultOf(error: unknown): ServiceFault {
  if (!(error instanceof Error)) return { name: '', status: undefined, attempts: 1 };
  const metadata: unknown = '$metadata' in error ? error.$metadata : undefined;
  const isObject = typeof metadata === 'object' && metadata !== null;
  const status: unknown = isObject && 'httpStatusCode' in metadata ? metadata.httpStatusCode : undefined;
  const attempts: unknown = isObject && 'attempts' in metadata ? metadata.attempts : undefined;
  return {
    name: error.name,
    status: typeof status === 'number' ? status : undefined,
    attempts: typeof attempts === 'number' ? attempts : 1,
  };
}

export function isAbsent(error: unknown): boolean {
  const { name, status } = faultOf(error);
  return status === 404 && name !== 'NoSuchBucket';
}

/** Codes that say who is to blame: what to do about them. */
const REFUSALS: Readonly<Record<string, string>> = {
  NoSuchBucket: 'there is no such bucket, one that exists was wanted',
  AccessDenied: 'access is denied, credentials with the right to read, write, list and delete were wanted',
  InvalidAccessKeyId: 'the access key id is not known there, a known one was wanted',
  SignatureDoesNotMatch: 'the signature does not match, the secret access key of this access key id was wanted',
  RequestTimeTooSkewed: 'the clock of this machine is too far from that of the server, a right one was wanted',
  CredentialsProviderError: 'no credentials were found, --access-key-id and --secret-access-key or those of the SDK were wanted',
  ExpiredToken: 'the credentials have expired, fresh ones were wanted',
  PermanentRedirect: 'the bucket is in another region, its own was wanted',
};

/** Turns what a request ended with into an error that says what to do; errors of this project pass as they are. */
export function s3Error(error: unknown, verb: string, label: string, path: string, signal?: AbortSignal): unknown {
  if (signal?.aborted === true) return signal.reason;
  if (error instanceof RemoteError || error instanceof DeltaError) return error;
  const { name, status, attempts } = faultOf(error);
  const data = { path, label, name, ...(status === undefined ? {} : { status }) };
  const what = `Cannot ${verb} "${label}${path === '' ? '' : `/${path}`}"`;
  const refusal = REFUSALS[name];
  if (refusal !== undefined) return new RemoteError('refused', `${what}: ${refusal}`, data, { cause: error });
  if (status === 401 || status === 403) {
    return new RemoteError('refused', `${what}: the server refuses it (${name}, ${status}), permission was wanted`, data, { cause: error });
  }
  const message = error instanceof Error ? error.message : String(error);
  const tries = attempts > 1 ? ` after ${attempts} attempts` : '';
  const reason = status === undefined ? networkReason(error, message) : `the server answers ${status} ${name}`;
  return new RemoteError('unavailable', `${what}: ${reason}${tries}, an answer was wanted`, data, { cause: error });
}

const NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'the name of the host cannot be looked up now',
  ECONNRESET: 'the connection broke',
  EPIPE: 'the connection broke',
  ETIMEDOUT: 'the host does not answer',
  EHOSTUNREACH: 'there is no way to the host',
  ENETUNREACH: 'there is no network',
};

function networkReason(error: unknown, message: string): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (error instanceof Error && error.name === 'TimeoutError') return 'the host does not answer in time';
  return NETWORK[code] ?? (message.split('\n', 1)[0] ?? message);
}
