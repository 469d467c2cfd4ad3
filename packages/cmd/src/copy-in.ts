import type { RowOptions } from '@duckpond/pond';
import { type Content, joinPath, type WritableWD } from '@duckpond/tinyfs';
import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { ExitCode } from './command.ts';
import type { Context } from './context.ts';
import { createRowCopier, refuseRows, type RowCopier } from './copy-in-rows.ts';
import { isDirectory, isThere } from './destination.ts';
import { CliError, isError, systemReason } from './errors.ts';
import { parseSource, type RowReading, type SourceDefaults } from './host/address.ts';
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

/** What the options of the command say about the rows that come in. */
export interface CopyInOptions {
  readonly defaults: SourceDefaults;
  readonly rows: RowOptions;
  readonly dryRun: boolean;
}

interface Source {
  readonly host: HostSource;
  readonly rows: RowReading | undefined;
}

interface Work {
  readonly context: Context;
  readonly root: WritableWD;
  readonly rows: RowCopier;
  readonly counts: Counts;
  readonly progress: Progress;
}

/** Copies files, directories and streams of the host into the pond, all in one transaction. */
export async function copyIn(
  context: Context, sources: readonly string[], dest: string, { defaults, rows, dryRun }: CopyInOptions,
): Promise<ExitCode> {
  const addresses = await Promise.all(sources.map((source) => parseSource(source, defaults)));
  const host = addresses.flatMap((address): Source[] => (address.kind !== 'file' ? []
    : hostSources(address.path, context.effects.cwd()).map((found) => ({ host: found, rows: address.rows }))));
  const streams = addresses.filter((address) => address.kind === 'stream');
  const [stream] = streams;
  if (streams.length > 1) throw new CliError('usage', 'Cannot read the standard input twice: one - was wanted');
  const counts: Counts = { files: 0, bytes: 0, skipped: 0 };
  const totalOf = stream !== undefined ? undefined : () => sizeOf(host);
  const progress = startProgress(context.effects, 'copy', 'bytes', context.globals.quiet || dryRun, totalOf);
  const { dev: device, ino: inode } = statSync(locatePond(context));
  let committed = false;
  try {
    const { transaction } = await changePond(context, dryRun, async (root, pond) => {
      const intoDirectory = dest.endsWith('/') || await isDirectory(root, dest);
      const count = host.length + streams.length;
      const isOneSeries = addresses.every((address) => address.rows?.kind === 'series') && host.every((source) => !source.host.isDirectory);
      if (!intoDirectory && count > 1 && !isOneSeries) {
        const what = `Cannot copy ${count} things to "${dest}": it is no directory, one was wanted`;
        throw new CliError('failed', what, `write it as "${dest}/"`);
      }
      const copier = createRowCopier(context, pond, rows);
      const work: Work = { context, root, rows: copier, counts, progress };
      try {
        if (stream !== undefined) await copyStream(work, dest, intoDirectory, stream.rows);
        for (const source of host) {
          const place = intoDirectory ? joinPath(dest, basename(source.host.path)) : dest;
          await copySource(work, source, { device, inode }, place);
        }
      } finally {
        await copier.close();
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
function sizeOf(sources: readonly Source[]): number {
  let bytes = 0;
  for (const { host } of sources) {
    for (const item of walkHost(host)) if (item.kind === 'file') bytes += statSync(item.path, { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}

async function copyStream(work: Work, dest: string, intoDirectory: boolean, reading: RowReading | undefined): Promise<void> {
  const { context, root, rows, counts } = work;
  if (intoDirectory) {
    throw new CliError('failed', `Cannot copy the standard input to "${dest}": it is a directory, a name for the file was wanted`);
  }
  const content = counted(work, context.effects.stdin());
  if (reading === undefined) {
    await refuseRows(root, dest, '-');
    await root.write(dest, content, { parents: true });
  } else await rows.copyStream(root, content, undefined, dest, reading);
  counts.files++;
}

async function copySource(work: Work, { host, rows }: Source, pond: Excepted, place: string): Promise<void> {
  const { context } = work;
  if (rows?.format === 'delta' && host.isDirectory) {
    await work.rows.copyFile(work.root, host.path, place, rows);
    work.counts.files++;
    return;
  }
  const source: CopiedSource = { rows, isDirectory: host.isDirectory, made: new Set() };
  let turn = context.effects.elapsedMillis();
  for (const item of walkHost(host, pond)) {
    if (context.effects.elapsedMillis() - turn > TURN_MILLIS) {
      await setImmediate();
      turn = context.effects.elapsedMillis();
    }
    context.signal.throwIfAborted();
    await copyItem(work, item, host.isDirectory && item.name !== '' ? joinPath(place, item.name) : place, source);
  }
}

interface CopiedSource {
  readonly rows: RowReading | undefined;
  readonly isDirectory: boolean;
  /** The directories of the host that this copy has made in the pond: in them is nothing that it has not put there. */
  readonly made: Set<string>;
}

async function copyItem(work: Work, item: HostItem, place: string, source: CopiedSource): Promise<void> {
  const { context, root, counts } = work;
  if (item.kind === 'directory') {
    if (source.made.has(dirname(item.path)) || !await isThere(root, place)) source.made.add(item.path);
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
      reason = await copyFile(work, item, place, source);
      if (reason === undefined) {
        counts.files++;
        context.detail(`${item.path} -> ${place}`);
        return;
      }
    } catch (error) {
      if (!isUnreadable(error, item.path)) throw error;
      reason = systemReason(error);
    }
  }
  counts.skipped++;
  context.warn(`pond: Cannot copy "${item.path}": ${reason ?? 'it cannot be read'}`);
}

/** @returns why it is left out, when it is */
async function copyFile(
  work: Work, { path, isPipe }: HostItem & { readonly kind: 'file' }, place: string, { rows, isDirectory: isBelow, made }: CopiedSource,
): Promise<string | undefined> {
  const { root, counts, progress } = work;
  if (rows === undefined) {
    if (!isBelow || !made.has(dirname(path))) await refuseRows(root, place, path);
    await root.write(place, countedFile(work, isPipe ? readHostPipe(path) : readHostFile(path)), { parents: true });
    return undefined;
  }
  if (isBelow && rows.format === undefined && !await work.rows.isTold(path)) return 'its name does not tell a format of rows';
  if (isPipe) await work.rows.copyStream(root, counted(work, readHostPipe(path)), path, place, rows);
  else {
    const { size } = statSync(path);
    await work.rows.copyFile(root, path, place, rows);
    progress.update(counts.bytes += size);
  }
  return undefined;
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

function countedFile(work: Work, read: Uint8Array | AsyncIterable<Uint8Array>): Content {
  if (!(read instanceof Uint8Array)) return counted(work, read);
  work.progress.update(work.counts.bytes += read.length);
  return [read];
}

async function* counted({ context, counts, progress }: Work, content: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  for await (const chunk of content) {
    context.signal.throwIfAborted();
    progress.update(counts.bytes += chunk.length);
    yield chunk;
  }
}
