import { createHash } from 'node:crypto';
import type { BlobUse } from './history.ts';
import { attempt, type Inspection } from './inspection.ts';

/** Every blob that a version names: there, of its size and, unless the check is quick, of its SHA-256. Memory stays flat. */
export async function checkBlobs(inspection: Inspection, blobs: Iterable<BlobUse>): Promise<number> {
  const sorted = [...blobs].sort((a, b) => (a.path < b.path ? -1 : 1));
  if (!inspection.quick) for (const { sizeBytes } of sorted) inspection.expect(sizeBytes);
  for (const blob of sorted) await checkBlob(inspection, blob);
  return sorted.length;
}

async function checkBlob(inspection: Inspection, { path, sha256, sizeBytes, uses, useCount }: BlobUse): Promise<void> {
  const { store } = inspection;
  const meta = await attempt(inspection, 'damaged', path, async () => ({ found: await store.head(path) }));
  if (meta === undefined) return;
  const known = { uses, useCount };
  const { found } = meta;
  if (found === undefined) return inspection.blame('lost', path, `it is missing, ${sizeBytes} bytes were written`, known);
  if (found.sizeBytes !== sizeBytes) {
    return inspection.blame('damaged', path, `it has ${found.sizeBytes} bytes, ${sizeBytes} were written`, known);
  }
  if (inspection.quick) return;
  const holds = await attempt(inspection, 'damaged', path, async () => {
    const hash = createHash('sha256');
    for await (const chunk of store.read(path)) {
      hash.update(chunk);
      inspection.advance(chunk.byteLength);
    }
    return hash.digest().equals(sha256);
  });
  if (holds === false) inspection.blame('damaged', path, 'its bytes do not match its SHA-256, the bytes as written were wanted', known);
}
