import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { isCode, type OplogError } from '@duckpond/oplog';
import type { TabularContent } from '@duckpond/query';
import { type NodePath, quote, type WritableWD } from '@duckpond/tinyfs';
import { PondError } from './errors.ts';

export interface AppendTabularOptions {
  /** The kind of a file that is not there yet; one that is there keeps its kind. */
  readonly kind: 'table' | 'series';
  /** Whether missing directories on the way are made. Default false. */
  readonly parents?: boolean;
}

/**
 * Rows as one more version: those of a table are replaced, those of a series added to. A content that is a file is read and removed.
 *
 * @throws PondError `schema-conflict` when a series has other columns; then nothing is written
 */
export async function appendTabular(
  wd: WritableWD, path: string, content: TabularContent, { kind, parents = false }: AppendTabularOptions,
): Promise<NodePath> {
  try {
    const chunks = content.kind === 'inline' ? [content.bytes] : createReadStream(content.path);
    return await wd.write(path, chunks, { kind, parents, tabular: content.facts });
  } catch (error) {
    throw isCode(error, 'schema-clash') ? schemaConflict(path, error) : error;
  } finally {
    if (content.kind === 'file') await rm(content.path, { force: true });
  }
}

function schemaConflict(path: string, error: OplogError): PondError {
  const { column, have, brought, haveColumns, broughtColumns } = error.data;
  const message = `Cannot append to ${quote(path)}: its column ${quote(String(column))} is ${String(have)}, ${String(brought)} is brought; `
    + `it has ${listed(haveColumns)}, the rows have ${listed(broughtColumns)}`;
  return new PondError('schema-conflict', message, { path, column, have, brought, haveColumns, broughtColumns }, { cause: error });
}

function listed(columns: unknown): string {
  if (!Array.isArray(columns)) return '()';
  const named = columns as readonly { readonly name: string; readonly type: string }[];
  return `(${named.map(({ name, type }) => `${quote(name)} ${type}`).join(', ')})`;
}
