import { type Content, joinPath, type WritableWD } from '@duckpond/tinyfs';
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { ExitCode } from './command.ts';
import type { Context } from './context.ts';
import { isDirectory } from './destination.ts';
import { CliError, isError, systemReason } from './errors.ts';
import { parseSource } from './host/address.ts';
import { type Excepted, type HostItem, type HostSource, hostSources, walkHost } from './host/files.ts';
import { readHostFile, readHostPipe } from './host/read-file.ts';
import { changePond, locatePond } from './open-pond.ts';
import { type Progress, startProgress } from './output/progress.ts';
import { formatBytes, plural } from './output/size.ts';

/** For how long work on small files may keep the event loop, and with it signals, waiting. */
const TURN_MILLIS = 20;

interface Counts {
  files: number;
  bytes: number;
  skipped: number;
}

/** Copies files, directories and streams of the host into the pond, all in one transaction. */
export async function copyIn(context: Context, sources: readonly string[], dest: string, dryRun: boolean): Promise<ExitCode> {
  const addresses = sources.map(parseSource);
  const host = addresses.flatMap((address) => (address.kind === 'file' ? hostSources(address.path, context.effects.cwd()) : []));
  const streams = addresses.filter((address) => address.kind === 'stream').length;
  if (streams > 1) throw new CliError('usage', 'Cannot read the standard input twice: one - was wanted');
  const counts: Counts = { files: 0, bytes: 0, skipped: 0 };
  const totalOf = streams > 0 ? undefined : () => sizeOf(host);
  const progress = startProgress(context.effects, 'copy', 'bytes', context.globals.quiet || dryRun, totalOf);
  const { dev: device, ino: inode } = statSync(locatePond(context));
  let committed = false;
  try {
    const { transaction } = await changePond(context, dryRun, async (root) => {
      const intoDirectory = dest.endsWith('/') || await isDirectory(root, dest);
      if (!intoDirectory && host.length + streams > 1) {
        const what = `Cannot copy ${host.length + streams} things to "${dest}": it is no directory, one was wanted`;
        throw new CliError('failed', what, `write it as "${dest}/"`);
      }
      if (streams === 1) await copyStream(context, root, dest, intoDirectory, counts, progress);
      for (const source of host) {
        const place = intoDirectory ? joinPath(dest, basename(source.path)) : dest;
        await copySource(context, root, source, { device, inode }, place, counts, progress);
      }
    });
    progress.stop();
    committed = transaction !== undefined;
    const where = transaction === undefined ? '' : `, transaction ${transaction.txnSeq}`;
    context.note(`${dryRun ? 'would copy' : 'copied'} ${plural(counts.files, 'file', 'files')}, ${formatBytes(counts.bytes)}${where}`);
  } finally {
    progress.stop();
  }
  if (counts.skipped === 0) return 0;
  context.warn(`${counts.skipped} skipped`);
  return committed || dryRun ? 3 : 1;
}

/** Bytes of all files, as they are when progress is first shown. */
function sizeOf(sources: readonly HostSource[]): number {
  let bytes = 0;
  for (const source of sources) {
    for (const item of walkHost(source)) if (item.kind === 'file') bytes += statSync(item.path, { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}

async function copyStream(
  context: Context, root: WritableWD, dest: string, intoDirectory: boolean, counts: Counts, progress: Progress,
): Promise<void> {
  if (intoDirectory) {
    throw new CliError('failed', `Cannot copy the standard input to "${dest}": it is a directory, a name for the file was wanted`);
  }
  await root.write(dest, counted(context, context.effects.stdin(), counts, progress), { parents: true });
  counts.files++;
}

async function copySource(
  context: Context, root: WritableWD, source: HostSource, pond: Excepted, place: string, counts: Counts, progress: Progress,
): Promise<void> {
  let turn = context.effects.elapsedMillis();
  for (const item of walkHost(source, pond)) {
    if (context.effects.elapsedMillis() - turn > TURN_MILLIS) {
      await setImmediate();
      turn = context.effects.elapsedMillis();
    }
    context.signal.throwIfAborted();
    await copyItem(context, root, item, source.isDirectory && item.name !== '' ? joinPath(place, item.name) : place, counts, progress);
  }
}

async function copyItem(
  context: Context, root: WritableWD, item: HostItem, place: string, counts: Counts, progress: Progress,
): Promise<void> {
  if (item.kind === 'directory') {
    await root.mkdir(place, { parents: true });
    return;
  }
  if (item.kind === 'link') {
    await putLink(root, item.target, place);
    return;
  }
  let reason = item.kind === 'skipped' ? item.reason : undefined;
  if (item.kind === 'file') {
    try {
      const read = item.isPipe ? readHostPipe(item.path) : readHostFile(item.path);
      await root.write(place, countedFile(context, read, counts, progress), { parents: true });
      counts.files++;
      context.detail(`${item.path} -> ${place}`);
      return;
    } catch (error) {
      if (!isUnreadable(error, item.path)) throw error;
      reason = systemReason(error);
    }
  }
  counts.skipped++;
  context.warn(`pond: Cannot copy "${item.path}": ${reason ?? 'it cannot be read'}`);
}

/** A link that is there already stays as it is. */
async function putLink(root: WritableWD, target: string, place: string): Promise<void> {
  const found = await root.lookup(place, { follow: false }).catch((error: unknown) => {
    // What is above it is missing too.
    if (isError(error, 'TinyFsError', 'not-found')) return undefined;
    throw error;
  });
  if (found?.kind === 'found') {
    const { node } = found.at;
    if (node.kind === 'symlink' && node.target === target) return;
    await root.remove(place);
  }
  await root.symlink(target, place);
}

/** Opening it failed: nothing of it has reached the pond, and the others can still be copied. */
function isUnreadable(error: unknown, path: string): error is Error {
  return error instanceof Error && 'syscall' in error && error.syscall === 'open' && 'path' in error && error.path === path;
}

function countedFile(context: Context, read: Uint8Array | AsyncIterable<Uint8Array>, counts: Counts, progress: Progress): Content {
  if (!(read instanceof Uint8Array)) return counted(context, read, counts, progress);
  counts.bytes += read.length;
  progress.update(counts.bytes);
  return [read];
}

async function* counted(
  context: Context, content: AsyncIterable<Uint8Array>, counts: Counts, progress: Progress,
): AsyncIterable<Uint8Array> {
  for await (const chunk of content) {
    context.signal.throwIfAborted();
    counts.bytes += chunk.length;
    progress.update(counts.bytes);
    yield chunk;
  }
}
