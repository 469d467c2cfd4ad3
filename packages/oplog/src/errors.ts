/** What went wrong, as far as a caller would act on it. */
export type OplogErrorCode =
  | 'not-found'
  | 'corrupt-record'
  | 'corrupt-blob'
  | 'corrupt-state'
  | 'conflict'
  | 'schema-clash'
  | 'merged-version'
  | 'unsupported-format'
  | 'invalid-transaction'
  | 'not-a-pond';

/** The one error of this package. Callers switch on `code`; `data` has the facts (file, column, txnSeq). */
export class OplogError extends Error {
  override readonly name = 'OplogError';
  readonly code: OplogErrorCode;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: OplogErrorCode, message: string, data: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.data = data;
  }
}

export function isCode(error: unknown, code: OplogErrorCode): error is OplogError {
  return error instanceof OplogError && error.code === code;
}
