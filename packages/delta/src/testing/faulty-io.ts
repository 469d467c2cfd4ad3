import type { LocalIo } from '../local-io.ts';
import { interceptIo, type IoOperation } from './intercepted-io.ts';

export type Fault =
  /** The operation is not done and reports the errno. */
  | { readonly kind: 'error'; readonly errno: string }
  /** The operation is done and reports the errno all the same. */
  | { readonly kind: 'lost-acknowledgement'; readonly errno: string }
  /** A write transfers half of its bytes and says so. */
  | { readonly kind: 'short-write' }
  /** An fsync fails with EIO and what was written since the last one is gone, as when the kernel drops dirty pages. */
  | { readonly kind: 'lost-pages' }
  /** The process dies before the operation: it and all later ones throw a `CrashError`. */
  | { readonly kind: 'crash' };

export interface FaultPlan {
  /** The number of the operation, counted from 1. */
  readonly at: number;
  readonly fault: Fault;
  /** All operations from `at` on to which the fault can happen, not just the first. */
  readonly sticky?: boolean;
}

export interface FaultyIo {
  readonly io: LocalIo;
  readonly operationCount: () => number;
  /** False if operation `at` was never reached or the fault cannot happen to it: then the run was one without a fault. */
  readonly hasFired: () => boolean;
  readonly openFiles: ReadonlyMap<number, string>;
}

/** Thrown by all operations from a crash on: code under test must not mistake it for an error of the file system. */
export class CrashError extends Error {
  override readonly name = 'CrashError';
}

/** Faults worth trying at each operation; `short-write` and `lost-pages` apply to few of them. */
const STANDARD_FAULTS: readonly Pick<FaultPlan, 'fault' | 'sticky'>[] = [
  { fault: { kind: 'error', errno: 'EIO' } },
  { fault: { kind: 'error', errno: 'EIO' }, sticky: true },
  { fault: { kind: 'error', errno: 'ENOSPC' } },
  { fault: { kind: 'error', errno: 'ENOSPC' }, sticky: true },
  { fault: { kind: 'error', errno: 'EROFS' }, sticky: true },
  { fault: { kind: 'short-write' } },
  { fault: { kind: 'short-write' }, sticky: true },
  { fault: { kind: 'lost-acknowledgement', errno: 'EIO' } },
  { fault: { kind: 'lost-pages' } },
  { fault: { kind: 'crash' } },
];

/** Every standard fault at each of the operations 1 to `operationCount`, which a run without a plan has counted. */
export function* faultPlans(operationCount: number): Generator<FaultPlan, void, undefined> {
  for (let at = 1; at <= operationCount; at += 1) {
    for (const { fault, sticky = false } of STANDARD_FAULTS) yield { at, fault, sticky };
  }
}

export function describePlan({ at, fault, sticky = false }: FaultPlan): string {
  return `operation ${at}: ${fault.kind}${'errno' in fault ? ` ${fault.errno}` : ''}${sticky ? ', sticky' : ''}`;
}

/** A `LocalIo` that fails as planned; without a plan it counts. */
export function createFaultyIo(inner: LocalIo, plan?: FaultPlan): FaultyIo {
  let count = 0;
  let hasFired = false;
  let isCrashed = false;
  let isDue = false;
  const pages = new UnsyncedPages(inner);

  function crash(operation: IoOperation): never {
    if (!isCrashed) intercepted.closeAll();
    isCrashed = true;
    throw new CrashError(`Crash before ${operation.name} of ${operation.path}`);
  }

  const intercepted = interceptIo(inner, {
    before(operation) {
      count += 1;
      if (isCrashed) crash(operation);
      isDue = plan !== undefined && (plan.sticky ? count >= plan.at : count === plan.at) && canHappen(plan.fault, operation);
      if (!plan || !isDue) return undefined;
      hasFired = true;
      switch (plan.fault.kind) {
        case 'crash':
          return crash(operation);
        case 'error':
          if (operation.name === 'close') return undefined;
          throw systemError(plan.fault.errno, operation);
        case 'lost-pages':
          if (operation.name === 'fsync') pages.lose(operation.file);
          throw systemError('EIO', operation);
        case 'short-write':
          return operation.name === 'write' ? Math.floor(operation.bytes.length / 2) : undefined;
        case 'lost-acknowledgement':
          return undefined;
      }
    },
    after(operation, result) {
      if (isCrashed) crash(operation);
      pages.follow(operation, result);
      if (!isDue || !plan || !('errno' in plan.fault)) return;
      // Linux lets go of the descriptor also when `close` reports an error.
      if (plan.fault.kind === 'lost-acknowledgement' || operation.name === 'close') throw systemError(plan.fault.errno, operation);
    },
  });
  return { io: intercepted.io, operationCount: () => count, hasFired: () => hasFired, openFiles: intercepted.openFiles };
}

const ALLOCATING: ReadonlySet<IoOperation['name']> = new Set(['write', 'fsync', 'link', 'rename', 'mkdir', 'fsyncDirectory']);
const CHANGING: ReadonlySet<IoOperation['name']> = new Set(['write', 'link', 'rename', 'unlink', 'mkdir']);

function canHappen(fault: Fault, operation: IoOperation): boolean {
  const creates = operation.name === 'open' && operation.mode === 'create';
  switch (fault.kind) {
    case 'crash':
      return true;
    case 'short-write':
      return operation.name === 'write' && operation.bytes.length > 1;
    case 'lost-pages':
      return operation.name === 'fsync' || operation.name === 'fsyncDirectory';
    case 'lost-acknowledgement':
      return creates || CHANGING.has(operation.name) || operation.name === 'fsync' || operation.name === 'fsyncDirectory';
    case 'error':
      if (fault.errno === 'ENOSPC' || fault.errno === 'EDQUOT') return creates || ALLOCATING.has(operation.name);
      if (fault.errno === 'EROFS') return creates || CHANGING.has(operation.name);
      return true;
  }
}

/** In the shape that `node:fs` gives its errors. */
function systemError(errno: string, operation: IoOperation): Error {
  const syscall = SYSCALLS[operation.name] ?? operation.name;
  const message = `${errno}: injected fault, ${syscall} '${operation.path}'`;
  return Object.assign(new Error(message), { code: errno, syscall, path: operation.path });
}

const SYSCALLS: Partial<Record<IoOperation['name'], string>> = { fsyncDirectory: 'fsync', readdir: 'scandir' };

/** What was written to each open file since its last fsync, so that it can be taken back. */
class UnsyncedPages {
  readonly #inner: LocalIo;
  readonly #extents = new Map<number, { start: number; end: number }[]>();

  constructor(inner: LocalIo) {
    this.#inner = inner;
  }

  follow(operation: IoOperation, result: unknown): void {
    if (operation.name === 'open' && typeof result === 'number') this.#extents.set(result, []);
    else if (operation.name === 'fsync') this.#extents.set(operation.file, []);
    else if (operation.name === 'close') this.#extents.delete(operation.file);
    else if (operation.name === 'write' && typeof result === 'number') {
      this.#extents.get(operation.file)?.push({ start: operation.position, end: operation.position + result });
    }
  }

  /** The size is metadata and stays; the pages read as zeros, as blocks do that were allocated and never written. */
  lose(file: number): void {
    for (const { start, end } of this.#extents.get(file) ?? []) this.#inner.write(file, new Uint8Array(end - start), start);
  }
}
