import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import type { LocalIo } from '../local-io.ts';
import { interceptIo, type IoOperation } from './intercepted-io.ts';

/** A change that was made, or a mark; paths are relative to the directory that is recorded, which itself is ''. */
export type TraceStep =
  /** `file` is a number for this file only: descriptors are used again. */
  | { readonly kind: 'create'; readonly path: string; readonly file: number }
  | { readonly kind: 'write'; readonly file: number; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: 'fsync'; readonly file: number }
  | { readonly kind: 'link' | 'rename'; readonly path: string; readonly to: string }
  | { readonly kind: 'unlink' | 'mkdir' | 'fsyncDirectory'; readonly path: string }
  | { readonly kind: 'mark'; readonly label: string };

export interface Trace {
  /** What was there before and counts as durable; directories come before what is in them. */
  readonly directories: readonly string[];
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly steps: readonly TraceStep[];
}

export interface RecordedIo {
  readonly io: LocalIo;
  /** Notes what the program has said by now, such as "transaction 7 is acknowledged". */
  readonly mark: (label: string) => void;
  /** Goes on growing. */
  readonly trace: Trace;
}

/** Records all changes of what is under an existing directory. */
export function recordIo(inner: LocalIo, directory: string): RecordedIo {
  const root = resolve(directory);
  const steps: TraceStep[] = [];
  const fileIds = new Map<number, number>();
  let files = 0;

  const within = (path: string): string | undefined => {
    const name = relative(root, resolve(path));
    return name === '..' || name.startsWith(`..${sep}`) ? undefined : name.split(sep).join('/');
  };

  function after(operation: IoOperation, result: unknown): void {
    const path = within(operation.path);
    if (path === undefined) return;
    switch (operation.name) {
      case 'open':
        if (operation.mode !== 'create' || typeof result !== 'number') return;
        files += 1;
        fileIds.set(result, files);
        steps.push({ kind: 'create', path, file: files });
        return;
      case 'write': {
        const file = fileIds.get(operation.file);
        if (file === undefined || typeof result !== 'number') return;
        steps.push({ kind: 'write', file, position: operation.position, bytes: Uint8Array.from(operation.bytes.subarray(0, result)) });
        return;
      }
      case 'fsync': {
        const file = fileIds.get(operation.file);
        if (file !== undefined) steps.push({ kind: 'fsync', file });
        return;
      }
      case 'close':
        fileIds.delete(operation.file);
        return;
      case 'link':
      case 'rename': {
        const to = within(operation.to);
        if (to === undefined) throw new Error(`Cannot record a ${operation.name} out of ${root}: ${operation.to}`);
        steps.push({ kind: operation.name, path, to });
        return;
      }
      case 'unlink':
      case 'mkdir':
      case 'fsyncDirectory':
        steps.push({ kind: operation.name, path });
        return;
      case 'read':
      case 'fstat':
      case 'readdir':
      case 'stat':
        return;
    }
  }

  const { io } = interceptIo(inner, { after });
  return { io, mark: (label) => { steps.push({ kind: 'mark', label }); }, trace: { ...readTree(root), steps } };
}

function readTree(root: string): Pick<Trace, 'directories' | 'files'> {
  const directories: string[] = [];
  const files = new Map<string, Uint8Array>();
  const walk = (directory: string): void => {
    for (const entry of readdirSync(join(root, directory), { withFileTypes: true })) {
      const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
      if (entry.isDirectory()) {
        directories.push(path);
        walk(path);
      } else if (entry.isFile()) {
        files.set(path, new Uint8Array(readFileSync(join(root, path))));
      }
    }
  };
  walk('');
  return { directories, files };
}
