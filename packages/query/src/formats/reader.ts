import type { Column } from '../relation.ts';
import type { ScanSession } from '../scan-session.ts';

/** Reads files of one format as a relation. Readers are registered by name in `formats/`. */
export interface FormatReader {
  /** The name in a URL and in `FilePart.format`: `csv`, `oteljson`. */
  readonly format: string;
  /**
   * The text of a SELECT over the files, in order, united by name: the body of a view of the session. Paths, options and anything else
   * that is data go through `session.bind`; rows and Arrow streams made in JavaScript through `session.rows`
   * and `session.arrow` (with `arrowSelect`).
   * `columns` are the ones the caller knows; undefined when the files are to be looked at.
   * Throws `bad-input` for files and `unsupported-format` for options it cannot read.
   */
  select(
    session: ScanSession,
    paths: readonly string[],
    options: Readonly<Record<string, string>>,
    columns?: readonly Column[],
  ): Promise<string>;
}
