import { RemoteError } from './errors.ts';
import type { RemoteStore } from './remote-store.ts';

/**
 * Makes sure that a store refuses to create what is there: without that, two writers would overwrite each other's commits.
 *
 * @param uuid a new one, for the name of an object that is removed again
 * @throws RemoteError `no-conditional-writes`, `unavailable`, `refused`
 */
export async function probeConditionalWrites(store: RemoteStore, uuid: string): Promise<void> {
  const path = `probe-${uuid}`;
  let isFit: boolean;
  try {
    const first = await store.putIfAbsent(path, Buffer.from('1'));
    const second = await store.putIfAbsent(path, Buffer.from('2'));
    const found = await store.get(path);
    isFit = first && !second && found !== undefined && Buffer.from(found).toString() === '1';
  } catch (error) {
    // That it cannot be removed either says nothing new.
    await store.delete(path).catch(() => undefined);
    throw error;
  }
  await store.delete(path);
  if (isFit) return;
  throw new RemoteError(
    'no-conditional-writes',
    `Cannot use "${store.label}": it ignores If-None-Match, a store that creates an object only where there is none was wanted`,
    { label: store.label }, { hint: 'AWS, R2, MinIO and Ceph from version 17 know conditional writes; so does a directory, file:///…' },
  );
}
