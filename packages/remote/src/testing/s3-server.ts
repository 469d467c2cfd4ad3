import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { crc32 } from 'node:zlib';
import { type Condition, type Outcome, TestBucket } from './s3-objects.ts';
import { signatureFault, type TestCredentials } from './s3-signature.ts';

/** A request as faults see it. */
export interface SeenRequest {
  readonly method: string;
  /** `GetObject`, `PutObject`, `ListObjectsV2`, … */
  readonly operation: string;
  readonly key: string;
  readonly isConditional: boolean;
  /** How many requests of this operation came before. */
  readonly before: number;
}

/** What a request meets instead of what it wants. */
export type S3Fault =
  /** Refused before anything happens. */
  | { readonly kind: 'status'; readonly status: number; readonly code: string }
  /** Done, but the connection breaks before the answer. */
  | { readonly kind: 'lost-acknowledgement' }
  /** The connection breaks before anything happens. */
  | { readonly kind: 'reset' }
  /** The answer breaks off half-way. */
  | { readonly kind: 'reset-mid-body' }
  /** A byte of the answer is another one. */
  | { readonly kind: 'flipped-byte' }
  /** A listing shows what was there so many changes ago. */
  | { readonly kind: 'stale-list'; readonly missing: number }
  | { readonly kind: 'ignore-condition' }
  | { readonly kind: 'delay'; readonly millis: number };

export interface S3ServerOptions {
  readonly credentials?: TestCredentials;
  readonly bucket?: string;
  readonly nowMillis: () => number;
  readonly fault?: (request: SeenRequest) => S3Fault | undefined;
  /** Keys in one page of a listing. */
  readonly pageSize?: number;
}

export interface S3Server {
  readonly endpoint: string;
  readonly bucketName: string;
  readonly credentials: TestCredentials;
  readonly bucket: TestBucket;
  /** Requests so far by operation. */
  readonly counts: ReadonlyMap<string, number>;
  /** All requests so far. */
  requests(): number;
  setFault(fault: ((request: SeenRequest) => S3Fault | undefined) | undefined): void;
  close(): Promise<void>;
}

const CREDENTIALS: TestCredentials = { accessKeyId: 'test-key', secretAccessKey: 'test-secret-0123456789' };

/**
 * An S3 server in this process: path style, signatures, conditional writes, ranges, listings in pages, uploads in parts, and faults on
 * demand. Objects live in memory.
 */
export async function startS3Server(options: S3ServerOptions): Promise<S3Server> {
  const { credentials = CREDENTIALS, bucket: bucketName = 'ponds', nowMillis, pageSize = 1000 } = options;
  const bucket = new TestBucket(nowMillis);
  const counts = new Map<string, number>();
  let fault = options.fault;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const call = callOf(request, Buffer.concat(chunks));
    const before = counts.get(call.operation) ?? 0;
    counts.set(call.operation, before + 1);
    const { ifNoneMatch, ifMatch } = call.condition;
    const isConditional = ifNoneMatch !== undefined || ifMatch !== undefined;
    const met = fault?.({ method: call.method, operation: call.operation, key: call.key, isConditional, before });
    if (met?.kind === 'status') return refuse(response, met.status, met.code);
    if (met?.kind === 'reset') return void request.socket.destroy();
    if (met?.kind === 'delay') await new Promise((resolve) => setTimeout(resolve, met.millis));
    const wrong = signatureFault(request, call.body, credentials, nowMillis()) ?? checksumFault(request, call.body);
    if (wrong !== undefined) return refuse(response, wrong.startsWith('X') || wrong === 'BadDigest' ? 400 : 403, wrong, nowMillis());
    if (call.bucket !== bucketName) return refuse(response, 404, 'NoSuchBucket');
    const answer = answerOf(bucket, met?.kind === 'ignore-condition' ? { ...call, condition: NO_CONDITION } : call, pageSize, met);
    if (met?.kind === 'lost-acknowledgement') return void request.socket.destroy();
    send(response, call, answer, met);
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    endpoint: `http://127.0.0.1:${portOf(server)}`,
    bucketName, credentials, bucket, counts,
    requests: () => [...counts.values()].reduce((sum, count) => sum + count, 0),
    setFault: (next) => { fault = next; },
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

interface Call {
  readonly method: string;
  readonly operation: string;
  readonly bucket: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly condition: Condition;
  readonly body: Buffer;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const NO_CONDITION: Condition = { ifNoneMatch: undefined, ifMatch: undefined };

function callOf(request: IncomingMessage, body: Buffer): Call {
  const { method = '', url = '', headers } = request;
  const [path = '', search = ''] = url.split('?', 2);
  const [, bucket = '', ...rest] = path.split('/').map(decodeURIComponent);
  const query = new URLSearchParams(search);
  return {
    method, bucket, key: rest.join('/'), query, headers, body, operation: operationOf(method, rest.join('/'), query, headers),
    condition: { ifNoneMatch: headers['if-none-match'], ifMatch: headers['if-match'] },
  };
}

function operationOf(method: string, key: string, query: URLSearchParams, headers: IncomingMessage['headers']): string {
  if (key === '') return 'ListObjectsV2';
  if (query.has('uploads')) return 'CreateMultipartUpload';
  if (query.has('partNumber')) return headers['x-amz-copy-source'] === undefined ? 'UploadPart' : 'UploadPartCopy';
  if (query.has('uploadId')) return method === 'DELETE' ? 'AbortMultipartUpload' : 'CompleteMultipartUpload';
  return `${method.charAt(0)}${method.slice(1).toLowerCase()}Object`;
}

function checksumFault({ headers }: IncomingMessage, body: Buffer): string | undefined {
  const sent = headers['x-amz-checksum-crc32'];
  if (typeof sent !== 'string') return undefined;
  const made = Buffer.alloc(4);
  made.writeUInt32BE(crc32(body));
  return made.toString('base64') === sent ? undefined : 'BadDigest';
}

function answerOf(bucket: TestBucket, call: Call, pageSize: number, fault: S3Fault | undefined): Answer {
  const { key, query, headers, body, condition } = call;
  const id = query.get('uploadId') ?? '';
  const part = Number(query.get('partNumber'));
  switch (call.operation) {
    case 'ListObjectsV2': return listing(bucket, query, pageSize, fault?.kind === 'stale-list' ? fault.missing : 0);
    case 'PutObject': return withEtag(bucket.put(key, body, condition));
    case 'HeadObject':
    case 'GetObject': return objectAnswer(bucket, call);
    case 'DeleteObject':
      bucket.objects.delete(key);
      return { status: 204, headers: {}, body: Buffer.alloc(0) };
    case 'CreateMultipartUpload':
      return xml(`<InitiateMultipartUploadResult><UploadId>${bucket.begin(key)}</UploadId></InitiateMultipartUploadResult>`);
    case 'UploadPart': {
      const outcome = bucket.putPart(id, key, part, body);
      return 'code' in outcome ? failure(outcome) : { status: 200, headers: { etag: outcome.value }, body: Buffer.alloc(0) };
    }
    case 'UploadPartCopy': {
      const source = decodeURIComponent(String(headers['x-amz-copy-source'])).split('/').slice(1).join('/');
      const [, from = 0, to = 0] = /^bytes=(\d+)-(\d+)$/.exec(String(headers['x-amz-copy-source-range']))?.map(Number) ?? [];
      const bytes = bucket.objects.get(source)?.bytes.subarray(from, to + 1);
      if (bytes === undefined) return failure({ code: 'NoSuchKey', status: 404 });
      const outcome = bucket.putPart(id, key, part, bytes);
      return 'code' in outcome ? failure(outcome) : xml(`<CopyPartResult><ETag>${escape(outcome.value)}</ETag></CopyPartResult>`);
    }
    case 'CompleteMultipartUpload': {
      const parts = [...body.toString().matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, text = '']) => ({
        part: Number(/<PartNumber>(\d+)</.exec(text)?.[1]), etag: unescape(/<ETag>([^<]*)</.exec(text)?.[1] ?? ''),
      }));
      const outcome = bucket.complete(id, key, parts, condition);
      if ('code' in outcome) return failure(outcome);
      return xml(`<CompleteMultipartUploadResult><ETag>${escape(outcome.value.etag)}</ETag></CompleteMultipartUploadResult>`);
    }
    case 'AbortMultipartUpload':
      bucket.uploads.delete(id);
      return { status: 204, headers: {}, body: Buffer.alloc(0) };
    default: return failure({ code: 'NotImplemented', status: 501 });
  }
}

function withEtag(outcome: Outcome<{ readonly etag: string }>): Answer {
  return 'code' in outcome ? failure(outcome) : { status: 200, headers: { etag: outcome.value.etag }, body: Buffer.alloc(0) };
}

function objectAnswer(bucket: TestBucket, { key, headers, condition }: Call): Answer {
  const object = bucket.objects.get(key);
  if (object === undefined) return failure({ code: 'NoSuchKey', status: 404 });
  if (condition.ifMatch !== undefined && condition.ifMatch !== object.etag) return failure({ code: 'PreconditionFailed', status: 412 });
  const facts = { etag: object.etag, 'last-modified': new Date(object.modifiedMillis).toUTCString() };
  const range = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '');
  if (range === null) return { status: 200, headers: facts, body: object.bytes };
  const start = Number(range[1]);
  const end = range[2] === '' ? object.bytes.byteLength : Math.min(Number(range[2]) + 1, object.bytes.byteLength);
  if (start >= object.bytes.byteLength) return failure({ code: 'InvalidRange', status: 416 });
  const content = `bytes ${start}-${end - 1}/${object.bytes.byteLength}`;
  return { status: 206, headers: { ...facts, 'content-range': content }, body: object.bytes.subarray(start, end) };
}

function listing(bucket: TestBucket, query: URLSearchParams, pageSize: number, missing: number): Answer {
  const encode = query.get('encoding-type') === 'url' ? (text: string) => encodeURIComponent(text).replaceAll('%20', '+') : escape;
  const newest = [...bucket.objects.keys()].slice(bucket.objects.size - missing);
  const lagging = new Set(missing === 0 ? [] : newest);
  const after = query.get('continuation-token') ?? '';
  const keys = bucket.keys(query.get('prefix') ?? '')
    .filter((key) => !lagging.has(key) && Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0);
  const page = keys.slice(0, pageSize);
  const isTruncated = keys.length > page.length;
  const contents = page.map((key) => {
    const { bytes, etag, modifiedMillis } = bucket.objects.get(key) ?? { bytes: '', etag: '', modifiedMillis: 0 };
    return `<Contents><Key>${encode(key)}</Key><LastModified>${new Date(modifiedMillis).toISOString()}</LastModified>`
      + `<ETag>${escape(etag)}</ETag><Size>${bytes.length}</Size></Contents>`;
  });
  const next = isTruncated ? `<NextContinuationToken>${escape(page.at(-1) ?? '')}</NextContinuationToken>` : '';
  return xml(`<ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`);
}

function send(response: ServerResponse, call: Call, answer: Answer, fault: S3Fault | undefined): void {
  const isHead = call.method === 'HEAD';
  const headers = { 'content-type': 'application/octet-stream', ...answer.headers, 'content-length': String(answer.body.byteLength) };
  let body = answer.body;
  if (fault?.kind === 'flipped-byte' && body.byteLength > 0) {
    body = Buffer.from(body);
    body.writeUInt8(body.readUInt8(body.byteLength >> 1) ^ 1, body.byteLength >> 1);
  }
  response.writeHead(answer.status, headers);
  if (isHead) response.end();
  else if (fault?.kind === 'reset-mid-body') {
    response.write(body.subarray(0, body.byteLength >> 1), () => setTimeout(() => response.destroy(), 5));
  } else response.end(body);
}

function xml(text: string): Answer {
  const body = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${text}`);
  return { status: 200, headers: { 'content-type': 'application/xml' }, body };
}

function failure({ code, status }: { readonly code: string; readonly status: number }): Answer {
  return { ...xml(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`), status };
}

function refuse(response: ServerResponse, status: number, code: string, nowMillis?: number): void {
  const { headers, body } = failure({ code, status });
  response.writeHead(status, { ...headers, ...(nowMillis === undefined ? {} : { date: new Date(nowMillis).toUTCString() }) }).end(body);
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function unescape(text: string): string {
  return text.replaceAll('&quot;', '"').replaceAll('&gt;', '>').replaceAll('&lt;', '<').replaceAll('&#34;', '"').replaceAll('&amp;', '&');
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
