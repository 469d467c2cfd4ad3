export type HydroVuErrorCode =
  /** No answer, or only failures, after all tries: later it may go well. */
  | 'unavailable'
  /** The API does not accept the credentials. */
  | 'refused'
  /** The API does not give this to the account. */
  | 'forbidden'
  /** An answer that is not what the API promises. */
  | 'bad-answer'
  /** The API does not know the location. */
  | 'no-location'
  /** Arguments of a command that cannot be understood. */
  | 'usage'
  /** A configuration that cannot be used. */
  | 'bad-config'
  /** What is stored is not what a collector wrote. */
  | 'corrupt';

/** The one error of this package. No message has a credential or the body of an answer in it. */
export class HydroVuError extends Error {
  override readonly name = 'HydroVuError';
  readonly code: HydroVuErrorCode;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: HydroVuErrorCode, message: string, data: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.data = data;
  }
}
