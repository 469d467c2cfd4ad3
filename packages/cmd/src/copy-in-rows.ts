import type { Pond, RowImporter, RowOptions } from '@duckpond/pond';
import type { WritableWD } from '@duckpond/tinyfs';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Context } from './context.ts';
import { CliError, isError } from './errors.ts';
import type { RowReading } from './host/address.ts';

/** Brings rows of files into tables and series. DuckDB is loaded by the first of them. */
export interface RowCopier {
  /** Whether the name of a file says in what format its rows are. */
  isTold(path: string): Promise<boolean>;
  copyFile(root: WritableWD, path: string, place: string, reading: RowReading): Promise<void>;
  /** What comes through a pipe is put on disk first: readers go back and forth in it. `name`: undefined is the standard input. */
  copyStream(
    root: WritableWD, content: AsyncIterable<Uint8Array>, name: string | undefined, place: string, reading: RowReading,
  ): Promise<void>;
  close(): Promise<void>;
}

export function createRowCopier(context: Context, pond: Pond, options: RowOptions): RowCopier {
  let opened: Promise<RowImporter> | undefined;
  const importer = (): Promise<RowImporter> => (opened ??= import('@duckpond/pond').then(({ openRowImporter }) => openRowImporter(pond)));

  async function copy(
    root: WritableWD, path: string, shown: string, place: string, { kind, format, options: reading }: RowReading,
  ): Promise<void> {
    const { importRows } = await import('@duckpond/pond');
    const told = format ?? (await import('@duckpond/query')).formatOfName(shown).format;
    if (told === undefined) throw untold(shown, kind);
    const source = { kind: 'file' as const, format: told, paths: [path], options: reading };
    await importRows(await importer(), root, place, source, { ...options, kind, signal: context.signal });
  }

  return {
    isTold: async (path) => (await import('@duckpond/query')).formatOfName(path).format !== undefined,
    copyFile: (root, path, place, reading) => copy(root, path, path, place, reading),
    async copyStream(root, content, name, place, reading) {
      if (reading.format === undefined && name === undefined) throw untold('-', reading.kind);
      const path = join((await importer()).directory, 'input');
      try {
        await pipeline(content, createWriteStream(path), { signal: context.signal });
        await copy(root, path, name ?? '-', place, reading);
      } catch (error) {
        throw renamed(error, path, name ?? '-');
      } finally {
        await rm(path, { force: true });
      }
    },
    async close() {
      await (await opened?.catch(() => undefined))?.close();
    },
  };
}

function untold(shown: string, kind: string): CliError {
  const what = shown === '-'
    ? 'Cannot copy rows from the standard input: it has no name that tells their format, --format was wanted'
    : `Cannot copy "${shown}" as a ${kind}: its name does not tell a format of rows, one that does or --format was wanted`;
  const hint = shown === '-' ? `pond copy - DEST --kind ${kind} --format csv` : `host+csv+${kind}:///FILE reads it as CSV`;
  return new CliError('failed', what, hint);
}

/** The error with the name that the user knows instead of that of the file in which the content was put. */
function renamed(error: unknown, path: string, name: string): unknown {
  if (error instanceof Error && error.message.includes(path)) error.message = error.message.replaceAll(path, name);
  return error;
}

/** Bytes do not become part of rows. @throws CliError */
export async function refuseRows(root: WritableWD, place: string, source: string): Promise<void> {
  const found = await root.lookup(place).catch((error: unknown) => {
    // What is above it is missing too.
    if (isError(error, 'TinyFsError', 'not-found')) return undefined;
    throw error;
  });
  if (found?.kind !== 'found') return;
  const { kind } = found.at.node;
  if (kind !== 'table' && kind !== 'series') return;
  const what = `Cannot copy the bytes of "${source}" to "${place}": it is a ${kind}, rows were wanted`;
  throw new CliError('failed', what, source === '-' ? `--kind ${kind} --format csv reads rows` : `host+${kind}://${source} reads rows`);
}
