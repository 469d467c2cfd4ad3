export type RemoteErrorCode =
  /** The other side cannot be reached, or says that it cannot serve now. */
  | 'unavailable'
  /** The other side does not let us: credentials, permissions, a bucket that is not there. */
  | 'refused'
  /** The store answers conditional writes as if they had no condition. */
  | 'no-conditional-writes'
  | 'invalid-url'
  | 'invalid-attachment'
  /** A secret where only a reference to one may stand. */
  | 'literal-secret'
  /** A variable that a reference names is not set. */
  | 'missing-variable'
  | 'not-found'
  | 'exists'
  /** There is no backup, or something that is none. */
  | 'not-a-backup'
  | 'unsupported-format'
  /** The backup is of another pond. */
  | 'foreign-pond'
  /** Pond and backup have different histories. */
  | 'diverged'
  | 'conflict'
  /** Encrypted, and the key is missing or another one. */
  | 'no-key'
  /** What is to be pushed is damaged in the pond. */
  | 'corrupt-pond'
  /** What the other side returns is not what was sent there. */
  | 'corrupt-object'
  /** Two things would have one name in a lake, or one would be inside another. */
  | 'name-clash'
  /** A table of a lake cannot take the rows that it should. */
  | 'schema-conflict'
  | 'missing-object';

/** The one error of this package. Callers switch on `code`; `data` has the facts, `hint` what to do next. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';
  readonly code: RemoteErrorCode;
  readonly data: Readonly<Record<string, unknown>>;
  readonly hint: string | undefined;

  constructor(
    code: RemoteErrorCode, message: string, data: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions & { readonly hint?: string },
  ) {
    super(message, options);
    this.code = code;
    this.data = data;
    this.hint = options?.hint;
  }
}
