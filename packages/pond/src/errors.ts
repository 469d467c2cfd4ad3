export type PondErrorCode =
  | 'no-pond'
  | 'pond-exists'
  | 'not-empty'
  | 'no-hard-links'
  | 'unsupported-format'
  | 'conflict'
  | 'not-found'
  | 'invalid-setting'
  | 'invalid-revert'
  /** A path in a query leads to something that has no rows. */
  | 'not-tabular'
  /** A computed node is needed to make itself. */
  | 'loop'
  /** A pattern in a query matches nothing. */
  | 'no-match'
  | 'closed'
  /** Rows whose columns contradict those of the series that they were to join. */
  | 'schema-conflict'
  /** A file of another kind is in the way of rows or bytes. */
  | 'wrong-kind'
  /** What an append goes on with is not the input that it began with. */
  | 'changed-input'
  /** A key for going on that is no name. */
  | 'bad-key'
  /** An input whose rows cannot be told apart. */
  | 'bad-rows'
  /** A directory of an export that is not as an export left it. */
  | 'bad-manifest'
  | 'corrupt';

/** The one error of this package. Callers switch on `code`; `data` has the facts. */
export class PondError extends Error {
  override readonly name = 'PondError';
  readonly code: PondErrorCode;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: PondErrorCode, message: string, data: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.data = data;
  }
}
