import type { Pond } from '@duckpond/pond';
import type { Context } from '../context.ts';
import { Interrupted } from '../interruption.ts';
import { pondEnvironment } from '../open-pond.ts';
import { withStore } from './open-store.ts';

/**
 * Pushes to the backups that ask for it after every write. The write is done: a failure is a note, and `status` goes on telling it.
 * After failures it is tried only from time to time.
 */
export async function autoPush(context: Context, pond: Pond): Promise<void> {
  // Most ponds have none: they do not load what reaches other machines.
  if (!(await pond.settings()).some(({ key }) => key.startsWith('backup.'))) return;
  const { attachments, isPushDue, pushAttached, readStatus } = await import('@duckpond/remote');
  const environment = pondEnvironment(context.effects);
  const { txnSeq } = await pond.transaction();
  for (const named of await attachments(pond, 'backup')) {
    if (named.attachment.auto !== true) continue;
    const status = await readStatus(pond.directory, named.name);
    if (status.txnSeq === txnSeq && status.failure === undefined) continue;
    if (!isPushDue(status, environment.nowMicros())) continue;
    try {
      await withStore(context, named.attachment, (store) => pushAttached(pond, named, store, { environment }), true);
      context.detail(`pushed to ${named.name}`);
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      context.warn(`note: not pushed to ${named.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
