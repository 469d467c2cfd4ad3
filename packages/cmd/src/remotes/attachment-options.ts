import type { Attachment } from '@duckpond/remote';
import type { OptionValues } from '../command.ts';

/** How a bucket is reached: the same for every command that names one. */
export const ATTACHMENT_OPTIONS = {
  endpoint: { long: 'endpoint', value: 'URL', summary: 'The server, when it is not AWS' },
  region: { long: 'region', value: 'REGION', summary: 'The region of the bucket, default us-east-1' },
  accessKeyId: { long: 'access-key-id', value: 'REF', summary: "Such as '${env:KEY_ID}'; without it the SDK looks where it always does" },
  secretAccessKey: { long: 'secret-access-key', value: 'REF', summary: "A reference such as '${env:SECRET}', never the secret itself" },
  sessionToken: { long: 'session-token', value: 'REF', summary: "A reference such as '${env:TOKEN}'" },
  pathStyle: { long: 'path-style', summary: 'HOST/BUCKET/KEY instead of BUCKET.HOST/KEY; default with --endpoint' },
  checksums: {
    long: 'checksums', value: 'MODE', choices: ['required', 'supported'],
    summary: 'Checksums that only newer servers know, default required',
  },
} as const;

export type AttachmentOptions = OptionValues<typeof ATTACHMENT_OPTIONS>;

export function attachmentOf(url: string, options: AttachmentOptions): Attachment {
  const { endpoint, region, accessKeyId, secretAccessKey, sessionToken, pathStyle, checksums } = options;
  return {
    url,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(accessKeyId === undefined ? {} : { accessKeyId }),
    ...(secretAccessKey === undefined ? {} : { secretAccessKey }),
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...(pathStyle ? { pathStyle } : {}),
    ...(checksums === undefined ? {} : { checksums }),
  };
}
