export type DeltaErrorCode =
  | 'not-found'
  | 'not-a-table'
  | 'corrupt-log'
  | 'corrupt-checkpoint'
  | 'unsupported-feature'
  | 'invalid-commit'
  | 'storage';

/** The one error of this package. Callers switch on `code`; `data` has the facts (file, version, feature). */
export class DeltaError extends Error {
  override readonly name = 'DeltaError';
  readonly code: DeltaErrorCode;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: DeltaErrorCode, message: string, data: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.data = data;
  }
}
