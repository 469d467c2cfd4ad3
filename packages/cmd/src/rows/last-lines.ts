import type { FileNode, WD } from '@duckpond/tinyfs';

const STEP_BYTES = 64 * 1024;
const LINE_FEED = 10;

/** The last lines of a file, read from its end; a line break at the very end begins no line. */
export async function lastLines(root: WD, path: string, node: FileNode, count: number): Promise<AsyncIterable<Uint8Array>> {
  const size = node.sizeBytes ?? await sizeOf(root.read(path));
  return root.read(path, { range: { start: await startOfLast(root, path, size, count), end: size } });
}

/** The last bytes of a file. */
export async function lastBytes(root: WD, path: string, node: FileNode, count: number): Promise<AsyncIterable<Uint8Array>> {
  const size = node.sizeBytes ?? await sizeOf(root.read(path));
  return root.read(path, { range: { start: Math.max(0, size - count), end: size } });
}

async function startOfLast(root: WD, path: string, size: number, count: number): Promise<number> {
  if (count === 0) return size;
  let left = count;
  for (let end = size; end > 0; end -= STEP_BYTES) {
    const start = Math.max(0, end - STEP_BYTES);
    const bytes = await whole(root.read(path, { range: { start, end } }));
    for (let at = bytes.lastIndexOf(LINE_FEED); at >= 0; at = at === 0 ? -1 : bytes.lastIndexOf(LINE_FEED, at - 1)) {
      if (start + at === size - 1) continue;
      left -= 1;
      if (left === 0) return start + at + 1;
    }
  }
  return 0;
}

async function whole(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

async function sizeOf(chunks: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0;
  for await (const chunk of chunks) size += chunk.byteLength;
  return size;
}
