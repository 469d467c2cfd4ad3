import { createHash, createHmac } from 'node:crypto';
import { ReadableStream } from 'node:stream/web';
import { RemoteError } from '../errors.ts';
import type { EncryptionFacts } from './identity.ts';

/** What encrypts and names objects: a public key, and the key of names, which together open nothing. */
export interface Sealer {
  seal(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /** What an object in `files/` is called, from the SHA-256 of its plain bytes; both in hexadecimal. */
  nameOf(sha256: string): string;
  readonly isEncrypting: boolean;
}

/** What decrypts objects, besides. */
export interface Opener extends Sealer {
  /** The key of names, in Base64; empty where nothing is encrypted. */
  readonly namesKey: string;
  open(source: AsyncIterable<Uint8Array>, label: string): AsyncIterable<Uint8Array>;
}

export const PLAIN: Opener = {
  namesKey: '',
  seal: (source) => source,
  open: (source) => source,
  nameOf: (sha256) => sha256,
  isEncrypting: false,
};

/** A new identity of age, `AGE-SECRET-KEY-1…`: what a key file holds. */
export async function generateKey(): Promise<{ readonly secret: string; readonly recipient: string }> {
  const { generateX25519Identity, identityToRecipient } = await import('age-encryption');
  const secret = await generateX25519Identity();
  return { secret, recipient: await identityToRecipient(secret) };
}

/** The public key of the first secret key in a key file. @throws RemoteError `no-key` */
export async function recipientOfKeyFile(text: string): Promise<string> {
  const { identityToRecipient } = await import('age-encryption');
  const [first] = secretsIn(text);
  if (first === undefined) throw noKeyIn();
  return identityToRecipient(first);
}

/** A new key of names, as it is stored in the pond and, encrypted, in the backup. */
export async function createNamesKey(recipient: string): Promise<{ readonly key: string; readonly facts: EncryptionFacts }> {
  const { Encrypter, generateX25519Identity } = await import('age-encryption');
  // The library's own chance: 32 bytes out of a key that nobody else will ever see.
  const key = createHash('sha256').update(await generateX25519Identity()).digest();
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return { key: key.toString('base64'), facts: { recipient, names: Buffer.from(await encrypter.encrypt(key)).toString('base64') } };
}

/** @param namesKey in Base64 */
export function createSealer(recipient: string, namesKey: string): Sealer {
  const key = Buffer.from(namesKey, 'base64');
  return {
    isEncrypting: true,
    nameOf: (sha256) => createHmac('sha256', key).update(sha256, 'hex').digest('hex'),
    async *seal(source) {
      const { Encrypter } = await import('age-encryption');
      const encrypter = new Encrypter();
      encrypter.addRecipient(recipient);
      yield* await encrypter.encrypt(streamOf(source)) as unknown as AsyncIterable<Uint8Array>;
    },
  };
}

/**
 * @param keyFile the text of a key file, as age has them
 * @throws RemoteError `no-key` when there is none in it, or none of them opens this backup
 */
export async function createOpener(encryption: EncryptionFacts, keyFile: string | undefined, label: string): Promise<Opener> {
  if (keyFile === undefined) {
    throw new RemoteError(
      'no-key', `Cannot open the backup at "${label}": it is encrypted and no key is given, the key file was wanted`, { label },
      { hint: 'name it with --key-file FILE; without that file nobody can read the backup' },
    );
  }
  const { Decrypter } = await import('age-encryption');
  const secrets = secretsIn(keyFile);
  if (secrets.length === 0) throw noKeyIn();
  const makeDecrypter = (): InstanceType<typeof Decrypter> => {
    const decrypter = new Decrypter();
    for (const secret of secrets) decrypter.addIdentity(secret);
    return decrypter;
  };
  let namesKey: Uint8Array;
  try {
    namesKey = await makeDecrypter().decrypt(Buffer.from(encryption.names, 'base64'));
  } catch (error) {
    throw new RemoteError(
      'no-key', `Cannot open the backup at "${label}": no key in the key file opens it, the one of ${encryption.recipient} was wanted`,
      { label },
      { cause: error, hint: 'without that key file nobody can read the backup' },
    );
  }
  const names = Buffer.from(namesKey).toString('base64');
  return {
    ...createSealer(encryption.recipient, names),
    namesKey: names,
    async *open(source, object) {
      try {
        yield* await makeDecrypter().decrypt(streamOf(source)) as unknown as AsyncIterable<Uint8Array>;
      } catch (error) {
        if (error instanceof RemoteError || (error instanceof Error && error.name === 'DeltaError')) throw error;
        throw new RemoteError('corrupt-object', `Cannot decrypt "${object}": it is not as it was written`, { object }, { cause: error });
      }
    },
  };
}

function secretsIn(text: string): string[] {
  return text.split(/\r?\n/).map((line) => line.trim()).filter((line) => /^AGE-SECRET-KEY-1[0-9A-Z]+$/.test(line));
}

function noKeyIn(): RemoteError {
  return new RemoteError('no-key', 'Cannot use the key file: it has no line AGE-SECRET-KEY-1…, one was wanted');
}

function streamOf(source: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = await iterator.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}
