/** What went wrong, as far as a caller would act on it. */
export type QueryErrorCode =
  /** A name in `FROM` means nothing to the catalog and nothing to DuckDB; `data.name`, `data.nearest`. */
  | 'not-found'
  /** A statement that is not a query; `data.statement` is its first word, `data.command` the pond command that does it. */
  | 'not-a-query'
  /** DuckDB refused or could not finish the query; the message is DuckDB's, with its LINE. */
  | 'query-failed'
  /** Two names of one script differ only in case, and DuckDB cannot tell them apart. */
  | 'ambiguous-name'
  /** Parameters do not fit the statements. */
  | 'bad-parameter'
  /** A URL that is none, or a format or an option that nothing here reads. */
  | 'unsupported-format'
  /** Data that its format does not allow; `data` has file, line and column where they are known. */
  | 'bad-input'
  /** Rows that contradict the columns of a series or of a relation. */
  | 'schema-conflict'
  /** The engine or the result was closed. */
  | 'closed';

/** The one error of this package. Callers switch on `code`; `data` has the facts. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
  readonly code: QueryErrorCode;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: QueryErrorCode, message: string, data: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.data = data;
  }
}

export function isQueryError(error: unknown, code: QueryErrorCode): error is QueryError {
  return error instanceof QueryError && error.code === code;
}

/** What DuckDB threw, as an error of this package: the message kept whole, its LINE and caret too. */
export function queryFailed(error: unknown): QueryError {
  if (error instanceof QueryError) return error;
  return new QueryError('query-failed', error instanceof Error ? error.message : String(error), {}, { cause: error });
}
