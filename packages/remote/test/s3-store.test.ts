import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { objectStoreSuite } from '@duckpond/delta/testing';
import { openS3Store } from '../src/s3-store.ts';
import { type S3Server, startS3Server } from '../src/testing/index.ts';

let server: S3Server;
let count = 0;

beforeAll(async () => {
  server = await startS3Server({ pageSize: 7, nowMillis: Date.now });
});
afterAll(() => server.close());

for (const checksums of ['required', 'supported'] as const) {
  objectStoreSuite({
    name: `openS3Store() with checksums ${checksums}`,
    describe,
    it,
    makeStore: () => openS3Store({
      bucket: server.bucketName, prefix: `p/${++count} ü`, endpoint: server.endpoint, ...server.credentials, uuid: randomUUID, checksums, attempts: 2, pauseMillis: 2,
    }),
  });
}
