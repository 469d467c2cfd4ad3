import { fileURLToPath } from 'node:url';
import { RemoteError } from './errors.ts';

export type RemoteUrl =
  | { readonly kind: 's3'; readonly bucket: string; readonly prefix: string }
  | { readonly kind: 'directory'; readonly directory: string };

/** @throws RemoteError `invalid-url`, `literal-secret` */
export function parseRemoteUrl(text: string): RemoteUrl {
  const wanted = 's3://BUCKET/PREFIX or file:///DIRECTORY was wanted';
  if (/^[a-z0-9+.-]+:\/\/[^/]*@/i.test(text)) {
    throw new RemoteError('literal-secret', 'Cannot use the URL of a remote: it has credentials in it, one without was wanted', {}, {
      hint: "--access-key-id and --secret-access-key take '${env:NAME}'",
    });
  }
  const s3 = /^s3:\/\/([^/?#]+)(?:\/([^?#]*))?$/.exec(text);
  if (s3 !== null) {
    const [, bucket = '', path = ''] = s3;
    const prefix = path.replace(/^\/+|\/+$/g, '');
    const isSound = prefix === '' || prefix.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
    if (/^[a-z0-9][a-z0-9.-]{1,62}$/.test(bucket) && isSound) return { kind: 's3', bucket, prefix };
    throw new RemoteError('invalid-url', `Cannot use "${text}": its bucket or prefix is none, ${wanted}`, { url: text });
  }
  if (text.startsWith('file:///')) {
    try {
      return { kind: 'directory', directory: fileURLToPath(text) };
    } catch (error) {
      throw new RemoteError('invalid-url', `Cannot use "${text}": it names no directory, ${wanted}`, { url: text }, { cause: error });
    }
  }
  throw new RemoteError('invalid-url', `Cannot use "${text}": it is no URL of a remote, ${wanted}`, { url: text });
}
