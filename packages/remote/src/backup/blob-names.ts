import type { ObjectStore } from '@duckpond/delta';
import { readParquet, Record, rowsOfRecord } from '@duckpond/oplog';
import type { RemoteStore } from '../remote-store.ts';
import type { Opener } from './cipher.ts';
import type { StoredFile } from './entry.ts';
import { decompressFrames } from './frames.ts';
import { FILES_PREFIX, parseFilePath } from './layout.ts';
import { sha256Of, unpackFiles } from './pack.ts';

/** The names in `files/` of all blobs that some data files name: from the pond where it has them, otherwise from the backup. */
export async function blobNamesIn(
  store: RemoteStore, local: ObjectStore, opener: Opener, files: readonly StoredFile[],
): Promise<Set<string>> {
  const names = new Set<string>();
  const absent = new Map<string, Map<string, StoredFile>>();
  const seen = new Set<string>();
  for (const file of files) {
    if (!file.path.endsWith('.parquet') || file.path.includes('/') || seen.has(file.path)) continue;
    seen.add(file.path);
    const bytes = await local.get(file.path);
    if (bytes !== undefined && sha256Of(bytes) === file.sha256) await addNames(bytes, file.path);
    else absent.set(file.place, (absent.get(file.place) ?? new Map<string, StoredFile>()).set(file.path, file));
  }
  for (const [place, wanted] of absent) {
    const opened = opener.open(store.read(place), place);
    if (place.startsWith(FILES_PREFIX)) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of parseFilePath(place)?.isCompressed === true ? decompressFrames(opened, place) : opened) chunks.push(chunk);
      for (const path of wanted.keys()) await addNames(Buffer.concat(chunks), path);
    } else {
      for await (const { path, bytes } of unpackFiles(opened, place)) if (wanted.has(path)) await addNames(bytes, path);
    }
  }
  return names;

  async function addNames(bytes: Uint8Array, label: string): Promise<void> {
    for (const record of await recordsIn(bytes, label)) {
      for (const { entry } of rowsOfRecord(record)) {
        if (entry.blob === true && entry.sha256 != null) names.add(opener.nameOf(Buffer.from(entry.sha256).toString('hex')));
      }
    }
  }
}

/** @throws OplogError `corrupt-record` */
function recordsIn(bytes: Uint8Array, label: string): Promise<readonly Record[]> {
  return readParquet(Record, { label, byteLength: bytes.byteLength, slice: (start, end) => bytes.subarray(start, end) });
}
