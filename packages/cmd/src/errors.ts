import { Interrupted } from './interruption.ts';
import { printable } from './output/printable.ts';

/** Exit codes of every command, with their meaning as help pages, man pages and docs/cli print it. */
export const EXIT_CODES: Readonly<Record<number, string>> = {
  0: 'Done',
  1: 'Failed; the message says why',
  2: 'Usage: the command line was not understood, nothing was done',
  3: 'Some items failed, the rest are committed',
  10: 'There is no pond',
  11: 'Conflict with another writer after all retries, or locked',
  12: 'Corrupt: something is not as it was written',
  13: 'A remote or an API is unavailable',
  130: 'Interrupted (143 when terminated)',
};

export type CliErrorCode = 'failed' | 'usage' | 'partial' | 'no-pond' | 'unavailable';

const CLI_EXIT: Readonly<Record<CliErrorCode, number>> = { failed: 1, usage: 2, partial: 3, 'no-pond': 10, unavailable: 13 };

/** An error of the command line itself; `hint` is the next thing to do. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: CliErrorCode;
  readonly hint: string | undefined;

  constructor(code: CliErrorCode, message: string, hint?: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }
}

/**
 * Codes of the other packages that mean more than 1 (`failed`), by the class's name. The classes are not imported:
 * a bundle may hold a class twice, and a command that fails early should not load the package it never reached.
 */
const EXIT_OF: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  CliError: CLI_EXIT,
  TinyFsError: { 'invalid-pattern': 2 },
  DeltaError: { 'corrupt-log': 12, 'corrupt-checkpoint': 12 },
  OplogError: { 'corrupt-record': 12, 'corrupt-blob': 12, 'corrupt-state': 12, conflict: 11, 'not-a-pond': 10 },
  PondError: { 'no-pond': 10, conflict: 11, corrupt: 12, 'invalid-setting': 2 },
  RemoteError: {
    unavailable: 13, refused: 13, 'no-conditional-writes': 13, 'corrupt-object': 12, 'missing-object': 12, 'corrupt-pond': 12, conflict: 11,
    'invalid-url': 2, 'invalid-attachment': 2, 'literal-secret': 2, 'missing-variable': 2,
  },
  FactoryError: { locked: 11 },
  HydroVuError: { unavailable: 13, usage: 2, corrupt: 12 },
};

/** Packages whose messages are written for people. */
const KNOWN = new Set([...Object.keys(EXIT_OF), 'QueryError', 'SiteError']);

const CONFLICT = "another process changed the same thing; look with 'pond log --limit 5' and run the command again";
const DAMAGE = "'pond fsck --verbose' names everything that is damaged";
const DERIVED = "'pond fsck --repair' rebuilds what is derived";

/** What a person can do about an error of another package. */
const HINTS: Readonly<Record<string, string>> = {
  'OplogError not-a-pond': 'name the directory of a pond with --pond DIR or POND=DIR',
  'PondError conflict': CONFLICT,
  'OplogError conflict': CONFLICT,
  'PondError corrupt': DAMAGE,
  'OplogError corrupt-record': DAMAGE,
  'OplogError corrupt-blob': DAMAGE,
  'OplogError corrupt-state': DERIVED,
  'DeltaError corrupt-log': DAMAGE,
  'DeltaError corrupt-checkpoint': DERIVED,
  'PondError unsupported-format': 'a newer release of pond wrote this; install that release',
  'OplogError unsupported-format': 'a newer release of pond wrote this; install that release',
  'DeltaError unsupported-feature': 'a newer release of pond or another engine wrote this; install a release that knows it',
  'PondError not-empty': 'choose a directory that is missing or empty',
  'PondError invalid-setting': "'pond config' lists the settings",
  'TinyFsError not-empty': 'rm -r removes a directory with all that is in it',
  'TinyFsError above-root': 'paths begin at the root of the pond, /',
};

/** Words for the errors of the operating system that people meet. */
const SYSTEM: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  ENOENT: 'no such file or directory',
  ENOTDIR: 'not a directory',
  EISDIR: 'is a directory',
  EEXIST: 'exists already',
  ENOSPC: 'no space is left on the device, free some and try again',
  EDQUOT: 'the disk quota is used up, free some space and try again',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files',
  EIO: 'input or output error of the device',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'too many links on the way',
  EXDEV: 'on another file system',
  EBUSY: 'busy',
};

/** Whether this is an error of another package, by the name of its class and, when one is given, by its code. */
export function isError(error: unknown, name: string, code?: string): error is Error & { readonly code: string } {
  return error instanceof Error && error.name === name && 'code' in error && (code === undefined || error.code === code);
}

/** What reaches the user of an error. */
export interface Report {
  readonly exitCode: number;
  /** Empty when nothing is to be said. */
  readonly message: string;
  readonly hint: string | undefined;
}

export function report(error: unknown): Report {
  const cause = abortReason(error);
  if (cause instanceof Interrupted) return { exitCode: cause.exitCode, message: cause.message, hint: undefined };
  if (!(error instanceof Error)) return unexpected(String(error));
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (KNOWN.has(error.name)) {
    const exitCode = EXIT_OF[error.name]?.[code ?? ''] ?? 1;
    // What DuckDB says of a query says not what was attempted.
    const isBare = code === 'query-failed' && !error.message.startsWith('Cannot ');
    return { exitCode, message: isBare ? `Cannot run the query: ${error.message}` : error.message, hint: hintOf(error, code) };
  }
  if (code !== undefined && 'syscall' in error) return { exitCode: 1, message: systemMessage(error, code), hint: undefined };
  return unexpected(`${error.name}: ${error.message}`);
}

/** The lines for stderr; `debug` adds the stack and those of the causes. */
export function reportLines(error: unknown, debug: boolean): string {
  const { message, hint } = report(error);
  // DuckDB points at the place in the query, and configs have a line for each fault, in lines of their own.
  const hasLines = isError(error, 'QueryError', 'query-failed') || isError(error, 'FactoryError');
  const parts = hasLines ? message.split('\n').filter((line) => line.trim() !== '') : [message];
  const lines = message === '' ? [] : [`pond: ${parts.map(printable).join('\n')}`];
  if (hint !== undefined) lines.push(`hint: ${printable(hint)}`);
  if (debug) {
    for (let at = error; at instanceof Error; at = at.cause) lines.push(at.stack ?? String(at));
  }
  return lines.map((line) => `${line}\n`).join('');
}

function hintOf(error: Error, code: string | undefined): string | undefined {
  if ('hint' in error && typeof error.hint === 'string') return error.hint;
  return HINTS[`${error.name} ${code ?? ''}`];
}

function abortReason(error: unknown): unknown {
  return error instanceof Error && error.name === 'AbortError' ? error.cause : error;
}

/** Verbs for the calls whose names are no words. */
const VERBS: Readonly<Record<string, string>> = {
  scandir: 'list', opendir: 'list', stat: 'look up', lstat: 'look up', readlink: 'read link', mkdir: 'make directory', rename: 'write',
};

function systemMessage(error: Error, code: string): string {
  const syscall = 'syscall' in error ? String(error.syscall) : 'use';
  const path = 'path' in error && typeof error.path === 'string' ? `"${error.path}"` : 'to the output';
  return `Cannot ${VERBS[syscall] ?? syscall} ${path}: ${SYSTEM[code] ?? code}`;
}

/** Why the operating system refused something, in words. */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return ('code' in error ? SYSTEM[String(error.code)] : undefined) ?? error.message;
}

function unexpected(what: string): Report {
  const line = what.split('\n', 1)[0] ?? '';
  return { exitCode: 1, message: `Unexpected error: ${line}`, hint: 'run the command again with --debug for the details' };
}
