import { dirname, resolve, sep } from 'node:path';
import type { Environment } from '@duckpond/oplog';
import type { Pond, WriteOptions, WriteResult } from '@duckpond/pond';
import { assertAttachment, type Attachment, attachmentKey, encodeAttachment } from '../attachment.ts';
import { RemoteError } from '../errors.ts';
import { probeConditionalWrites } from '../probe.ts';
import type { RemoteStore } from '../remote-store.ts';
import { parseRemoteUrl } from '../remote-url.ts';
import { attachments } from './attached.ts';
import { createNamesKey, createOpener } from './cipher.ts';
import { assertOwn, type BackupIdentity, claimIdentity, readIdentity } from './identity.ts';

export interface AddBackupOptions extends WriteOptions {
  readonly environment: Environment;
  /** Encrypts to this public key. */
  readonly recipient?: string;
  /** The text of the key file: needed to go on with an encrypted backup that is there already. */
  readonly keyFile?: string;
}

/**
 * Makes a place the backup of a pond: looks whether the store is fit for it, writes whose it is, and stores in the pond how to get there.
 *
 * @throws RemoteError `exists` (the name), `no-conditional-writes`, `foreign-pond`, `literal-secret`, `no-key`
 */
export async function addBackup(
  pond: Pond, name: string, attachment: Attachment, store: RemoteStore, options: AddBackupOptions,
): Promise<WriteResult<void>> {
  const { environment } = options;
  const key = attachmentKey('backup', name);
  assertAttachment(attachment);
  assertOutside(pond.directory, attachment.url);
  if ((await attachments(pond, 'backup')).some((one) => one.name === name)) {
    throw new RemoteError('exists', `Cannot add the backup "${name}": there is one of that name, another name was wanted`, { name });
  }
  await probeConditionalWrites(store, environment.uuid());
  const encryption = await claim(pond, store, options);
  const stored: Attachment = { ...attachment, ...(encryption === undefined ? {} : { encryption }) };
  return pond.setSetting(key, encodeAttachment(stored), options);
}

/** @returns the public key and the key of names when the backup is encrypted */
async function claim(pond: Pond, store: RemoteStore, options: AddBackupOptions): Promise<Attachment['encryption']> {
  const { environment, recipient, keyFile } = options;
  const made = recipient === undefined ? undefined : await createNamesKey(recipient);
  const wanted: BackupIdentity = { pondId: pond.identity.id, createdMicros: environment.nowMicros(), encryption: made?.facts };
  const there = await readIdentity(store).catch((error: unknown) => {
    if (error instanceof RemoteError && error.code === 'not-a-backup') return undefined;
    throw error;
  });
  const identity = there ?? await claimIdentity(store, wanted);
  assertOwn(store, identity, pond.identity.id);
  if (identity === wanted) return made === undefined ? undefined : { recipient: made.facts.recipient, names: made.key };
  if (identity.encryption === undefined) {
    if (recipient === undefined) return undefined;
    throw new RemoteError(
      'invalid-attachment', `Cannot encrypt the backup at "${store.label}": it is there already and not encrypted, a new prefix was wanted`,
    );
  }
  const { namesKey } = await createOpener(identity.encryption, keyFile, store.label);
  return { recipient: identity.encryption.recipient, names: namesKey };
}

/** A backup inside of what it is a backup of is none. @throws RemoteError `invalid-url` */
function assertOutside(pondDirectory: string, url: string): void {
  const place = parseRemoteUrl(url);
  if (place.kind !== 'directory') return;
  const pond = resolve(pondDirectory);
  const target = resolve(place.directory);
  if (target !== pond && !target.startsWith(pond + sep)) return;
  throw new RemoteError(
    'invalid-url',
    `Cannot put a backup into "${target}": it is inside the pond, a directory elsewhere such as "${dirname(pond)}/backup" was wanted`,
    { directory: target }, { hint: 'best is another disk' },
  );
}
