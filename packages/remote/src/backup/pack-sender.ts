import type { ObjectStore } from '@duckpond/delta';
import { RemoteError } from '../errors.ts';
import type { RemoteStore } from '../remote-store.ts';
import type { Sealer } from './cipher.ts';
import type { StoredFile, StoredPack } from './entry.ts';
import { PACK_BYTES, packPath } from './layout.ts';
import { createMeter, type PackedFile, packFiles, sha256Of } from './pack.ts';
import type { WantedFile } from './wanted-files.ts';

export interface SentPacks {
  readonly packs: readonly StoredPack[];
  readonly files: readonly StoredFile[];
}

/**
 * Sends files in packs, one pack after the other, in their order.
 *
 * @throws RemoteError `corrupt-pond` when a file that is needed is not there or not as it was written
 */
export async function sendPacks(
  local: ObjectStore, remote: RemoteStore, sealer: Sealer, wanted: readonly WantedFile[],
  uuid: () => string, onBytes: (count: number) => void,
): Promise<SentPacks> {
  const packs: StoredPack[] = [];
  const files: StoredFile[] = [];
  let next = 0;
  while (next < wanted.length) {
    const place = packPath(uuid(), sealer.isEncrypting);
    const before = files.length;
    const stored = createMeter();
    await remote.upload(place, stored.of(sealer.seal(packFiles(filesOfOnePack(place)))));
    if (files.length === before) await remote.delete(place);
    else packs.push({ path: place, sizeBytes: stored.sizeBytes(), sha256: stored.sha256() });
  }
  return { packs, files };

  async function* filesOfOnePack(place: string): AsyncGenerator<PackedFile> {
    for (let packedBytes = 0; next < wanted.length && packedBytes < PACK_BYTES;) {
      const file = wanted[next++];
      if (file === undefined) return;
      const bytes = await local.get(file.path);
      if (bytes === undefined) {
        // It has been merged into another file, and removed since.
        if (!file.isLive) continue;
        throw damaged(file.path, 'is missing');
      }
      const sha256 = sha256Of(bytes);
      if (file.sha256 !== undefined && file.sha256 !== sha256) throw damaged(file.path, 'does not match its SHA-256');
      packedBytes += bytes.byteLength;
      files.push({ path: file.path, sizeBytes: bytes.byteLength, sha256, place });
      onBytes(bytes.byteLength);
      yield { path: file.path, bytes };
    }
  }
}

function damaged(path: string, what: string): RemoteError {
  return new RemoteError(
    'corrupt-pond', `Cannot push the pond: "store/${path}" ${what}, a pond without damage was wanted`, { path },
    { hint: "'pond fsck --verbose' names everything that is damaged" },
  );
}
