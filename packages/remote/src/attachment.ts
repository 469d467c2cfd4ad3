import { fieldsOf, isText, parseDocument } from './backup/decode.ts';
import { RemoteError } from './errors.ts';
import { assertNoSecret } from './reference.ts';
import { parseRemoteUrl } from './remote-url.ts';

/** How another place is reached, as the pond stores it: without secrets. */
export interface Attachment {
  /** `s3://…` or `file:///…`. */
  readonly url: string;
  readonly endpoint?: string;
  readonly region?: string;
  /** As they are, or `${env:NAME}`; secrets are references always. */
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  readonly pathStyle?: boolean;
  readonly checksums?: 'required' | 'supported';
  /** Of a backup: whether every write is pushed at once. */
  readonly auto?: boolean;
  /** Of an encrypted backup: the public key, and the key of names. */
  readonly encryption?: { readonly recipient: string; readonly names: string };
  /** Of an import: where in the pond its content is. */
  readonly path?: string;
}

export type AttachmentKind = 'backup' | 'remote';

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** The key of the setting that holds an attachment. @throws RemoteError `invalid-attachment` */
export function attachmentKey(kind: AttachmentKind, name: string): string {
  if (NAME.test(name)) return `${kind}.${name}`;
  throw new RemoteError(
    'invalid-attachment', `Cannot use the name "${name}": it has other characters or is too long, up to 63 of a-z, 0-9 and - were wanted`,
    { name },
  );
}

/** @throws RemoteError `invalid-url`, `literal-secret`, `invalid-attachment` */
export function assertAttachment(attachment: Attachment): void {
  const { secretAccessKey, sessionToken, accessKeyId } = attachment;
  parseRemoteUrl(attachment.url);
  if (secretAccessKey !== undefined) assertNoSecret('secret access key', secretAccessKey);
  if (sessionToken !== undefined) assertNoSecret('session token', sessionToken);
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    throw new RemoteError(
      'invalid-attachment', 'Cannot use the credentials: one of access key id and secret access key is missing, both or none were wanted',
    );
  }
}

export function encodeAttachment(attachment: Attachment): string {
  return JSON.stringify(attachment);
}

/** @throws RemoteError `invalid-attachment` when a setting holds something else */
export function decodeAttachment(text: string, key: string): Attachment {
  try {
    const fields = fieldsOf(parseDocument(Buffer.from(text), key), key);
    const one = <K extends string>(name: K): { [P in K]?: string } => {
      const value = fields.optional(name, (found) => (isText(found) ? found : undefined));
      return (value === undefined ? {} : { [name]: value }) as { [P in K]?: string };
    };
    const flag = <K extends string>(name: K): { [P in K]?: boolean } => {
      const value = fields.optional(name, (found) => found === true);
      return (value === undefined ? {} : { [name]: value }) as { [P in K]?: boolean };
    };
    const encryption = fields.optional('encryption', (value) => {
      const part = fieldsOf(value, key);
      return { recipient: part.text('recipient'), names: part.text('names') };
    });
    const attachment: Attachment = {
      url: fields.text('url'), ...one('endpoint'), ...one('region'), ...one('accessKeyId'), ...one('secretAccessKey'),
      ...one('sessionToken'),
      ...one('path'), ...flag('pathStyle'), ...flag('auto'),
      ...(fields.optional('checksums', (value) => value === 'supported') === true ? { checksums: 'supported' } : {}),
      ...(encryption === undefined ? {} : { encryption }),
    };
    assertAttachment(attachment);
    return attachment;
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    throw new RemoteError('invalid-attachment', `Cannot use the setting "${key}": ${error.message}`, { key }, { cause: error });
  }
}
