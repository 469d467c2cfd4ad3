import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface TestCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;
const MOST_SKEW_MILLIS = 15 * 60 * 1000;

/**
 * Checks the signature of a request (AWS Signature Version 4, in headers).
 *
 * @returns the S3 error code of what is wrong; undefined when nothing is
 */
export function signatureFault(
  request: IncomingMessage, body: Buffer, credentials: TestCredentials, nowMillis: number,
): string | undefined {
  const { headers, method = '', url = '' } = request;
  const parts = AUTHORIZATION.exec(headers.authorization ?? '');
  if (parts === null) return 'AccessDenied';
  const [, accessKeyId = '', day = '', region = '', signedHeaders = '', signature = ''] = parts;
  if (accessKeyId !== credentials.accessKeyId) return 'InvalidAccessKeyId';
  const date = String(headers['x-amz-date'] ?? '');
  const stamp = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date);
  if (stamp === null || !date.startsWith(day)) return 'AccessDenied';
  const [year = 0, month = 0, dayOfMonth = 0, hour = 0, minute = 0, second = 0] = stamp.slice(1).map(Number);
  const sentMillis = Date.UTC(year, month - 1, dayOfMonth, hour, minute, second);
  if (Math.abs(sentMillis - nowMillis) > MOST_SKEW_MILLIS) return 'RequestTimeTooSkewed';
  const names = signedHeaders.split(';');
  const mustSign = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))];
  if (!mustSign.every((name) => names.includes(name))) return 'AccessDenied';

  const payloadHash = String(headers['x-amz-content-sha256'] ?? '');
  if (payloadHash !== 'UNSIGNED-PAYLOAD' && payloadHash !== hex(body)) return 'XAmzContentSHA256Mismatch';
  const [path = '', query = ''] = url.split('?', 2);
  const pairs = query.split('&').filter((pair) => pair !== '').map((pair) => (pair.includes('=') ? pair : `${pair}=`)).sort();
  const lines = names.map((name) => `${name}:${String(headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`).join('');
  const canonical = [method, path, pairs.join('&'), lines, signedHeaders, payloadHash].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', date, scope, hex(Buffer.from(canonical))].join('\n');
  const key = [day, region, 's3', 'aws4_request'].reduce(
    (secret: Buffer, part) => createHmac('sha256', secret).update(part).digest(), Buffer.from(`AWS4${credentials.secretAccessKey}`),
  );
  return createHmac('sha256', key).update(text).digest('hex') === signature ? undefined : 'SignatureDoesNotMatch';
}

function hex(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
