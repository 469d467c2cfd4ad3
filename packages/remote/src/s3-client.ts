import { S3Client } from '@aws-sdk/client-s3';
import { ConfiguredRetryStrategy } from '@smithy/core/retry';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

/** How a bucket is reached. Values are plain: references to variables are resolved before. */
export interface S3Options {
  readonly bucket: string;
  /** What every key begins with, without slashes at its ends; empty for the whole bucket. */
  readonly prefix: string;
  /** `https://host:port` of a server other than AWS. */
  readonly endpoint?: string;
  /** `us-east-1` unless given, which servers other than AWS take for any. */
  readonly region?: string;
  /** The chain of the SDK (environment, files, instance) unless both are given. */
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  /** `https://host/bucket/key` instead of `https://bucket.host/key`. Set by default where there is an endpoint. */
  readonly pathStyle?: boolean;
  /** Whether requests carry checksums that only newer servers know; what is written is hashed for the signature either way. */
  readonly checksums?: 'required' | 'supported';
  /** How often one request is tried, with growing pauses between. */
  readonly attempts?: number;
  /** The first of these pauses; each is twice as long as the one before, up to 20 s. */
  readonly pauseMillis?: number;
  readonly connectMillis?: number;
  /** How long a connection may be silent. */
  readonly silenceMillis?: number;
  /** New UUIDs: for the names of what is unfinished, and as dice for pauses. */
  readonly uuid: () => string;
  /** Ends every request. */
  readonly signal?: AbortSignal;
}

const ATTEMPTS = 6;
const PAUSE_MILLIS = 200;
const LONGEST_PAUSE_MILLIS = 20_000;
const CONNECT_MILLIS = 5_000;
const SILENCE_MILLIS = 60_000;
const CONNECTIONS = 32;

export function createS3Client(options: S3Options): S3Client {
  const { accessKeyId, secretAccessKey, sessionToken, endpoint } = options;
  const mode = options.checksums === 'supported' ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED';
  const agent = { keepAlive: true, maxSockets: CONNECTIONS };
  return new S3Client({
    region: options.region ?? 'us-east-1',
    ...(endpoint === undefined ? {} : { endpoint }),
    forcePathStyle: options.pathStyle ?? endpoint !== undefined,
    ...(accessKeyId === undefined || secretAccessKey === undefined
      ? {} : { credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) } }),
    requestChecksumCalculation: mode,
    responseChecksumValidation: mode,
    retryStrategy: new ConfiguredRetryStrategy(options.attempts ?? ATTEMPTS, (attempt) => pauseOf(attempt, options)),
    followRegionRedirects: true,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: options.connectMillis ?? CONNECT_MILLIS,
      socketTimeout: options.silenceMillis ?? SILENCE_MILLIS,
      requestTimeout: options.silenceMillis ?? SILENCE_MILLIS,
      throwOnRequestTimeout: true,
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent(agent),
    }),
  });
}

/** Between half and all of the pause, so that clients that failed together do not come back together. */
function pauseOf(attempt: number, { pauseMillis = PAUSE_MILLIS, uuid }: S3Options): number {
  const dice = Number.parseInt(uuid().slice(-6), 16) / 0x1000000;
  return Math.min(LONGEST_PAUSE_MILLIS, pauseMillis * 2 ** (attempt - 1)) * (0.5 + dice / 2);
}
