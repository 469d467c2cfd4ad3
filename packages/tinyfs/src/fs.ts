import type { NodeReader } from './node-reader.ts';
import type { NodeWriter } from './node-writer.ts';
import { rootPlace } from './resolve.ts';
import { openWorkingDirectory } from './wd.ts';
import type { FS, WritableFS } from './working-directory.ts';
import { openWritableWorkingDirectory } from './writable-wd.ts';

/** A file system over one state: reading is all that its type knows. */
export function openFs(reader: NodeReader): FS {
  return { root: async () => openWorkingDirectory(reader, rootPlace(await reader.root())) };
}

/** A file system that also changes what it reads. Atomicity is the writer's. */
export function openWritableFs(writer: NodeWriter): WritableFS {
  return { root: async () => openWritableWorkingDirectory(writer, rootPlace(await writer.root())) };
}
