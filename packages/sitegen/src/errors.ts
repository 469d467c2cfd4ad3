/** What went wrong, for callers. */
export type SiteErrorCode =
  /** A page, a part of one, or a config that cannot be used; nothing was written. */
  | 'bad-page'
  /** What a page refers to is not there. */
  | 'missing'
  /** The directory holds what no build has put there. */
  | 'foreign-files'
  /** Somebody else has the port. */
  | 'busy';

/** The one error of this package. Callers switch on `code`; `data` has the facts. */
export class SiteError extends Error {
  override readonly name = 'SiteError';
  readonly code: SiteErrorCode;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: SiteErrorCode, message: string, data: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.data = data;
  }
}
