import { DeltaError, type ObjectStore } from '@duckpond/delta';
import type { Finding, Severity } from './finding.ts';

export interface CheckOptions {
  /** Leave out what needs data files and blobs to be read whole: of them only presence and size. */
  readonly quick?: boolean;
  readonly nowMillis: number;
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal;
}

/** One run of checks over a store: what it has found and how far it is. */
export interface Inspection {
  readonly store: ObjectStore;
  readonly quick: boolean;
  readonly nowMillis: number;
  readonly findings: readonly Finding[];
  readonly checkedBytes: number;
  readonly isAborted: boolean;
  report(finding: Finding): void;
  /** Reports what is wrong with a file: `what` is the part of the message behind the colon. */
  blame(severity: Severity, file: string, what: string, more?: Pick<Finding, 'uses' | 'useCount' | 'txns'>): void;
  /** More bytes that are going to be read. */
  expect(bytes: number): void;
  /** Bytes that were read. @throws the reason of the signal when the check was aborted */
  advance(bytes: number): void;
}

export function createInspection(store: ObjectStore, options: CheckOptions): Inspection {
  const findings: Finding[] = [];
  let doneBytes = 0;
  let totalBytes = 0;
  const inspection: Inspection = {
    store,
    quick: options.quick === true,
    nowMillis: options.nowMillis,
    findings,
    get checkedBytes() { return doneBytes; },
    get isAborted() { return options.signal?.aborted === true; },
    report(finding) {
      const isKnown = findings.some(({ file, message }) => file === finding.file && message === finding.message);
      if (!isKnown) findings.push(finding);
    },
    blame(severity, file, what, more = {}) {
      inspection.report({ ...more, severity, file, message: `Cannot ${severity === 'derived' ? 'use' : 'read'} "${file}": ${what}` });
    },
    expect(bytes) { totalBytes += bytes; },
    advance(bytes) {
      options.signal?.throwIfAborted();
      doneBytes += bytes;
      options.onProgress?.(doneBytes, Math.max(doneBytes, totalBytes));
    },
  };
  return inspection;
}

/** Refusals of the operating system that say nothing about what is on the disk. */
const REFUSALS: ReadonlySet<unknown> = new Set(['EACCES', 'EPERM', 'EMFILE', 'ENFILE']);

/**
 * What an error says about a file. Whatever a damaged file made of a decoder, the check of the others goes on.
 *
 * @throws the error itself when the file may not be read: then nobody can say whether it is damaged
 */
export function reasonOf(file: string, error: unknown): string {
  if (error instanceof DeltaError && error.code === 'storage' && REFUSALS.has(error.data['errno'])) throw error;
  if (error instanceof Error && (error.name === 'DeltaError' || error.name === 'OplogError')) return error.message;
  return `Cannot read "${file}": ${error instanceof Error ? error.message : String(error)}`;
}

/** Runs one check of a file; what it throws becomes a finding, except an abort. */
export async function attempt<T>(inspection: Inspection, severity: Severity, file: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (inspection.isAborted) throw error;
    inspection.report({ severity, file, message: reasonOf(file, error) });
    return undefined;
  }
}
