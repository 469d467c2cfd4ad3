import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type FileNode, hasGlobSyntax, isFile } from '@duckpond/tinyfs';
import type { Context } from '../context.ts';
import { CliError, isError } from '../errors.ts';
import { getNode } from '../matches.ts';
import { lastBytes, lastLines } from './last-lines.ts';
import { lastRows } from './last-rows.ts';
import { createRowPrinter, type RowPrinter } from './row-printer.ts';
import { type RowSession, withRows } from './session.ts';
import { isUrl } from './target.ts';

const POLL_MILLIS = 100;
/** So many looks at the directory of the log may find nothing before the log is read all the same. */
const LOOKS = 10;

/** What of a file has been printed. */
interface Seen {
  readonly id: string;
  readonly version: number;
  readonly sizeBytes: number;
}

/** Prints the end of a file, then every version that commits bring, until the signal ends it. */
export async function follow(
  context: Context, path: string, { lines, bytes }: { readonly lines: number; readonly bytes: number | undefined },
): Promise<void> {
  if (isUrl(path) || hasGlobSyntax(path)) {
    throw new CliError('usage', `Cannot follow "${path}": one file of the pond was wanted, by its path`);
  }
  await withRows(context, async (rows) => {
    const pond = await rows.pond();
    const log = join(pond.directory, 'store', '_delta_log');
    const printer = createRowPrinter(context);
    const first = await nodeAt(rows, path);
    if (first === undefined) throw new CliError('failed', `Cannot follow "${path}": it is gone`);
    let seen: Seen | undefined = seenOf(first);
    if (first.kind === 'data') await printEnd(context, rows, path, first, lines, bytes);
    else if (first.version > 0) {
      // Bounded by what is seen now: what is committed meanwhile comes next.
      const query = await lastRows(rows, { kind: 'pond', text: path, files: [{ path, node: first }], isUrl: false }, lines);
      await printer.print(await rows.query(query));
    }
    const changed = watch(log);
    while (!context.signal.aborted) {
      await pause(context.signal);
      if (context.signal.aborted || !changed()) continue;
      const node = await nodeAt(rows, path);
      if (node === undefined) {
        if (seen !== undefined) context.note(`"${path}" is gone; what comes in its place will be printed`);
        seen = undefined;
        continue;
      }
      seen = await printNew(context, rows, path, node, seen, printer);
    }
    context.signal.throwIfAborted();
  });
}

async function printNew(
  context: Context, rows: RowSession, path: string, node: FileNode, seen: Seen | undefined, printer: RowPrinter,
): Promise<Seen> {
  const before = seen?.id === node.id ? seen : { id: node.id, version: 0, sizeBytes: 0 };
  if (node.version === before.version) return before;
  if (node.kind === 'data') {
    // As tail of a file that was written anew: what is longer has grown.
    const size = node.sizeBytes ?? 0;
    const start = size >= before.sizeBytes ? before.sizeBytes : 0;
    const pond = await rows.pond();
    await pond.read(async (fs) => {
      for await (const chunk of (await fs.root()).read(path, { range: { start, end: size } })) await context.out.write(chunk);
    });
    return seenOf(node);
  }
  // Of a table only the newest version is its content; of a series each brings its rows, whether or not they have been merged since.
  const from = node.kind === 'table' ? node.version : before.version + 1;
  for (let version = from; version <= node.version; version++) {
    context.signal.throwIfAborted();
    const result = await rows.query({ script: 'SELECT * FROM source', tables: { source: path }, version });
    await printer.print(result);
  }
  return seenOf(node);
}

function seenOf(node: FileNode): Seen {
  return { id: node.id, version: node.version, sizeBytes: node.sizeBytes ?? 0 };
}

async function nodeAt(rows: RowSession, path: string): Promise<FileNode | undefined> {
  const pond = await rows.pond();
  return pond.read(async (fs) => {
    const root = await fs.root();
    try {
      const { node } = await getNode(root, path, true);
      if (isFile(node)) return node;
    } catch (error) {
      if (!isError(error, 'TinyFsError', 'not-found') && !isError(error, 'CliError')) throw error;
      return undefined;
    }
    throw new CliError('failed', `Cannot follow "${path}": it is a directory, a file was wanted`);
  });
}

async function printEnd(
  context: Context, rows: RowSession, path: string, node: FileNode, lines: number, bytes: number | undefined,
): Promise<void> {
  const pond = await rows.pond();
  await pond.read(async (fs) => {
    const root = await fs.root();
    const content = bytes === undefined ? await lastLines(root, path, node, lines) : await lastBytes(root, path, node, bytes);
    for await (const chunk of content) await context.out.write(chunk);
  });
}

/** Whether the log may have changed since the last call. A directory's time is coarse, so now and then it is said to have. */
function watch(directory: string): () => boolean {
  let last: bigint | undefined;
  let looks = 0;
  return () => {
    const time = statSync(directory, { bigint: true }).mtimeNs;
    looks += 1;
    if (time === last && looks < LOOKS) return false;
    last = time;
    looks = 0;
    return true;
  };
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, POLL_MILLIS);
    signal.addEventListener('abort', done, { once: true });
  });
}
