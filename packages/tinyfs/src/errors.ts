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
