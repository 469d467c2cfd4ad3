import type { Attachment, RemoteStore } from '@duckpond/remote';
import type { Context } from '../context.ts';

/** Runs `work` with the other side of an attachment open; Ctrl-C ends its requests. */
export async function withStore<T>(
  context: Context, attachment: Attachment, work: (store: RemoteStore) => Promise<T>, isHasty: boolean = false,
): Promise<T> {
  const { openRemote } = await import('@duckpond/remote');
  const { effects, signal } = context;
  const store = await openRemote(attachment, { variable: (name) => effects.env[name], uuid: effects.uuid, signal, isHasty });
  try {
    return await work(store);
  } finally {
    store.close();
  }
}
