import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import type { Pond, WriteOptions } from '@duckpond/pond';
import { assertAttachment, type Attachment, attachmentKey, encodeAttachment } from '../attachment.ts';
import { attachments, type Named } from '../backup/attached.ts';
import type { Opener } from '../backup/cipher.ts';
import { readIdentity } from '../backup/identity.ts';
import { RemoteError } from '../errors.ts';
import type { RemoteStore } from '../remote-store.ts';
import { encodeImportConfig } from './import-config.ts';
import { IMPORT_FACTORY } from './import-entries.ts';
import { type PullOptions, type PullReport, pullReplica, readReplicaState, replicaDirectory, type ReplicaState } from './replica.ts';

/**
 * Mounts the content of another pond's backup at a path, which must be free. Nothing is fetched yet.
 *
 * @throws RemoteError `exists` (the name), `not-a-backup`, `foreign-pond` for a backup of this pond itself
 */
export async function addImport(
  pond: Pond, name: string, attachment: Attachment & { readonly path: string }, store: RemoteStore, options: WriteOptions,
): Promise<void> {
  const key = attachmentKey('remote', name);
  assertAttachment(attachment);
  if ((await attachments(pond, 'remote')).some((one) => one.name === name)) {
    throw new RemoteError('exists', `Cannot add the remote "${name}": there is one of that name, another name was wanted`, { name });
  }
  const { pondId } = await readIdentity(store);
  if (pondId === pond.identity.id) {
    throw new RemoteError(
      'foreign-pond', `Cannot add the remote "${name}": it is a backup of this pond itself, one of another was wanted`, { name },
    );
  }
  await pond.write(async (fs) => {
    const computed = { factory: IMPORT_FACTORY, config: encodeImportConfig({ name, path: '/' }) };
    await (await fs.root()).create(attachment.path, { kind: 'directory', computed }, { parents: true });
  }, options);
  await pond.setSetting(key, encodeAttachment(attachment), options);
}

/** Takes an import away: its node, its setting and its replica. */
export async function removeImport(pond: Pond, { name, attachment }: Named, options: WriteOptions): Promise<void> {
  const { path } = attachment;
  await pond.write(async (fs) => {
    const root = await fs.root();
    if (path !== undefined && await root.exists(path)) await root.remove(path, { recursive: true });
  }, options);
  await pond.setSetting(attachmentKey('remote', name), '', options);
  await rm(importDirectory(pond, name), { recursive: true, force: true });
}

/** Brings an import to the newest state of the other pond's backup. */
export function pullImport(
  pond: Pond, { name }: Named, store: RemoteStore, opener: Opener,
  options: Pick<PullOptions, 'environment' | 'dryRun' | 'onProgress'>,
): Promise<PullReport> {
  return pullReplica({ store, opener, directory: importDirectory(pond, name), ...options });
}

export function importState(pond: Pond, name: string): Promise<ReplicaState | undefined> {
  return readReplicaState(importDirectory(pond, name));
}

function importDirectory(pond: Pond, name: string): string {
  return replicaDirectory(join(pond.directory, 'cache', 'computed'), name);
}
