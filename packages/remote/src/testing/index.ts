export type { TestCredentials } from './s3-signature.ts';
export { type S3Fault, type S3Server, type S3ServerOptions, type SeenRequest, startS3Server } from './s3-server.ts';
