import type { Environment } from '@duckpond/oplog';
import type { Pond } from '@duckpond/pond';
import { type Attachment, attachmentKey, type AttachmentKind, decodeAttachment } from '../attachment.ts';
import { RemoteError } from '../errors.ts';
import type { RemoteStore } from '../remote-store.ts';
import { createOpener, createSealer, type Opener, PLAIN, type Sealer } from './cipher.ts';
import { assertOwn, readIdentity } from './identity.ts';
import { createIndexCache } from './index-cache.ts';
import { pushBackup, type PushReport } from './push.ts';
import { indexCachePath, readStatus, writeStatus } from './push-status.ts';

/** An attachment and what it is called. */
export interface Named {
  readonly name: string;
  readonly attachment: Attachment;
}

/** What a pond has attached, sorted by name. */
export async function attachments(pond: Pond, kind: AttachmentKind): Promise<readonly Named[]> {
  const named: Named[] = [];
  for (const { key, value } of await pond.settings()) {
    if (!key.startsWith(`${kind}.`) || value === '') continue;
    named.push({ name: key.slice(kind.length + 1), attachment: decodeAttachment(value, key) });
  }
  return named;
}

/** @throws RemoteError `not-found` */
export async function findAttachment(pond: Pond, kind: AttachmentKind, name: string): Promise<Named> {
  const all = await attachments(pond, kind);
  const found = all.find((one) => one.name === name);
  if (found !== undefined) return found;
  const known = all.map((one) => one.name).join(', ');
  const wanted = known === '' ? 'one that was added' : `one of ${known}`;
  attachmentKey(kind, name);
  throw new RemoteError(
    'not-found',
    `Cannot use the ${kind} "${name}": there is none of that name, ${wanted} was wanted`,
    { name }, { hint: `pond ${kind} add NAME URL adds one` },
  );
}

export interface PushAttachedOptions {
  readonly environment: Environment;
  readonly dryRun?: boolean;
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
}

/** Pushes to an attached backup and takes note of how that went. */
export async function pushAttached(
  pond: Pond, { name, attachment }: Named, store: RemoteStore, options: PushAttachedOptions,
): Promise<PushReport> {
  const { environment, dryRun = false } = options;
  const before = await readStatus(pond.directory, name);
  try {
    const cache = createIndexCache(indexCachePath(pond.directory, name), environment.uuid);
    // A backup that is pushed to for the first time on this machine is looked at closely: it may be another pond's.
    if (before.txnSeq === undefined) assertOwn(store, await readIdentity(store), pond.identity.id);
    const report = await pushBackup({ ...options, directory: pond.directory, store, sealer: sealerOf(attachment), cache });
    if (!dryRun) {
      const status = { txnSeq: report.txnSeq, pushedMicros: environment.nowMicros(), failure: undefined };
      await writeStatus(pond.directory, name, status, environment.uuid());
    }
    return report;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const failure = { message, atMicros: environment.nowMicros(), count: (before.failure?.count ?? 0) + 1 };
    if (!dryRun) await writeStatus(pond.directory, name, { ...before, failure }, environment.uuid());
    throw error;
  }
}

export function sealerOf({ encryption }: Attachment): Sealer {
  return encryption === undefined ? PLAIN : createSealer(encryption.recipient, encryption.names);
}

/** What reads a backup. @throws RemoteError `no-key`, `not-a-backup` */
export async function openerOf(store: RemoteStore, keyFile: string | undefined): Promise<Opener> {
  const { encryption } = await readIdentity(store);
  return encryption === undefined ? PLAIN : createOpener(encryption, keyFile, store.label);
}
