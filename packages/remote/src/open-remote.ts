import type { Attachment } from './attachment.ts';
import { openDirectoryStore } from './directory-store.ts';
import { resolveReference, type Variable } from './reference.ts';
import type { RemoteStore } from './remote-store.ts';
import { parseRemoteUrl } from './remote-url.ts';

export interface OpenRemoteOptions {
  /** Looks up what references name. */
  readonly variable: Variable;
  /** New UUIDs. */
  readonly uuid: () => string;
  readonly signal?: AbortSignal;
  /** For what nobody waits for gladly: fewer attempts, and shorter ones. */
  readonly isHasty?: boolean;
}

const HASTY = { attempts: 2, connectMillis: 2_000, silenceMillis: 20_000 };

/** @throws RemoteError `invalid-url`, `missing-variable` */
export async function openRemote(attachment: Attachment, options: OpenRemoteOptions): Promise<RemoteStore> {
  const url = parseRemoteUrl(attachment.url);
  if (url.kind === 'directory') return openDirectoryStore(url.directory);
  const { endpoint, region, accessKeyId, secretAccessKey, sessionToken, pathStyle, checksums } = attachment;
  const plain = (field: string, value: string): string => resolveReference(field, value, options.variable);
  const { openS3Store } = await import('./s3-store.ts');
  return openS3Store({
    bucket: url.bucket,
    prefix: url.prefix,
    uuid: options.uuid,
    ...(endpoint === undefined ? {} : { endpoint: plain('endpoint', endpoint) }),
    ...(region === undefined ? {} : { region: plain('region', region) }),
    ...(accessKeyId === undefined ? {} : { accessKeyId: plain('access key id', accessKeyId) }),
    ...(secretAccessKey === undefined ? {} : { secretAccessKey: plain('secret access key', secretAccessKey) }),
    ...(sessionToken === undefined ? {} : { sessionToken: plain('session token', sessionToken) }),
    ...(pathStyle === undefined ? {} : { pathStyle }),
    ...(checksums === undefined ? {} : { checksums }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.isHasty === true ? HASTY : {}),
  });
}
