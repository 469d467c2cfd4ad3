export type TinyFsErrorCode =
  | 'not-found'
  | 'already-exists'
  | 'not-a-directory'
  | 'not-a-file'
  | 'not-a-symlink'
  | 'not-empty'
  | 'invalid-path'
  | 'invalid-pattern'
  | 'above-root'
  | 'symlink-loop'
  | 'walk-loop'
  | 'immutable'
  | 'unknown-factory';

/** The one error of this package. Callers switch on `code`; people read `message`; `path` is the thing it is about. */
export class TinyFsError extends Error {
  override readonly name = 'TinyFsError';
  readonly code: TinyFsErrorCode;
  readonly path: string;

  constructor(code: TinyFsErrorCode, path: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.path = path;
  }
}

export function isTinyFsError(error: unknown, ...codes: readonly TinyFsErrorCode[]): error is TinyFsError {
  return error instanceof TinyFsError && (codes.length === 0 || codes.includes(error.code));
}

// Control characters, C1 controls and what reorders or hides text on a terminal.
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]/gu;

/** A name or path for a message: in double quotes, with nothing in it that a terminal would obey. */
export function quote(text: string): string {
  const escaped = text.replace(/["\\]/g, '\\$&').replace(UNPRINTABLE, (char) => {
    if (char === '\n') return '\\n';
    if (char === '\t') return '\\t';
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}

/** The error whose message reads `Cannot <verb> "<path>": <what is>, <what was wanted>`. */
export function cannot(code: TinyFsErrorCode, verb: string, path: string, why: string, options?: ErrorOptions): TinyFsError {
  return new TinyFsError(code, path, `Cannot ${verb} ${quote(path)}: ${why}`, options);
}
