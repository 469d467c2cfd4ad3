import { RemoteError } from '../errors.ts';
import type { RemoteStore } from '../remote-store.ts';
import { fieldsOf, isText, parseDocument } from './decode.ts';
import { BACKUP_FORMAT, IDENTITY_PATH } from './layout.ts';

/** How the objects of a backup are encrypted. */
export interface EncryptionFacts {
  /** A public key of age, `age1…`. */
  readonly recipient: string;
  /** The key of names, encrypted to the recipient, in Base64. */
  readonly names: string;
}

/** Whose backup this is. */
export interface BackupIdentity {
  readonly pondId: string;
  readonly createdMicros: bigint;
  readonly encryption: EncryptionFacts | undefined;
}

/** @throws RemoteError `not-a-backup` when there is none, `unsupported-format`, `corrupt-object` */
export async function readIdentity(store: RemoteStore): Promise<BackupIdentity> {
  const bytes = await store.get(IDENTITY_PATH);
  if (bytes !== undefined) return decodeIdentity(bytes, `${store.label}/${IDENTITY_PATH}`);
  throw new RemoteError(
    'not-a-backup', `Cannot open the backup at "${store.label}": it has no "${IDENTITY_PATH}", the place of a backup was wanted`,
    { label: store.label },
  );
}

/**
 * Makes a place the backup of a pond, or finds that it is one already.
 *
 * @throws RemoteError `foreign-pond`
 */
export async function claimIdentity(store: RemoteStore, identity: BackupIdentity): Promise<BackupIdentity> {
  if (await store.putIfAbsent(IDENTITY_PATH, encodeIdentity(identity))) return identity;
  const found = await readIdentity(store);
  assertOwn(store, found, identity.pondId);
  return found;
}

/** @throws RemoteError `foreign-pond` */
export function assertOwn(store: RemoteStore, identity: BackupIdentity, pondId: string): void {
  if (identity.pondId === pondId) return;
  throw new RemoteError(
    'foreign-pond', `Cannot push to "${store.label}": it is the backup of the pond ${identity.pondId}, one of ${pondId} was wanted`,
    { label: store.label, found: identity.pondId, wanted: pondId }, { hint: 'give each pond a prefix of its own' },
  );
}

function encodeIdentity({ pondId, createdMicros, encryption }: BackupIdentity): Uint8Array {
  const value = {
    format: BACKUP_FORMAT, pondId, createdMicros: createdMicros.toString(),
    ...(encryption === undefined ? {} : { encryption: { kind: 'age', ...encryption } }),
  };
  return Buffer.from(`${JSON.stringify(value)}\n`);
}

function decodeIdentity(bytes: Uint8Array, label: string): BackupIdentity {
  const fields = fieldsOf(parseDocument(bytes, label), label);
  assertFormat(fields.integer('format'), label);
  return {
    pondId: fields.text('pondId'),
    createdMicros: fields.micros('createdMicros'),
    encryption: fields.optional('encryption', (value) => {
      const encryption = fieldsOf(value, label);
      const kind = encryption.optional('kind', (found) => (isText(found) ? found : ''));
      if (kind !== 'age') {
        throw new RemoteError('unsupported-format', `Cannot read "${label}": it is encrypted with "${kind}", age was wanted`, { label });
      }
      return { recipient: encryption.text('recipient'), names: encryption.text('names') };
    }),
  };
}

/** @throws RemoteError `unsupported-format` */
export function assertFormat(format: number, label: string): void {
  if (format >= 1 && format <= BACKUP_FORMAT) return;
  throw new RemoteError(
    'unsupported-format', `Cannot read "${label}": it has format ${format}, a format up to ${BACKUP_FORMAT} was wanted`, { label, format },
    { hint: 'a newer release of pond wrote this; install that release' },
  );
}
