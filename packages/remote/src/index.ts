export { RemoteError, type RemoteErrorCode } from './errors.ts';
export type { RemoteStore } from './remote-store.ts';
export type { S3Options } from './s3-client.ts';
export { openS3Store } from './s3-store.ts';
export { openDirectoryStore } from './directory-store.ts';
export { probeConditionalWrites } from './probe.ts';
