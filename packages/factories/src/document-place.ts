/** Reads a text that a document names, by its path on the host; one that is not absolute starts at the directory of the document. */
export type ReadText = (path: string, file: string) => Promise<string>;

/** A part of a document, with what it takes to understand it. */
export interface DocumentPlace {
  readonly file: string;
  lineAt(path: readonly PropertyKey[]): number | undefined;
  /** A field with its template filled in; of a secret, `get_env` stays a reference. */
  expand(path: readonly PropertyKey[], text: string, isSecret?: boolean): string;
  readonly readText: ReadText;
}

/** The node of a document that can be run: hidden, so that no pattern over the data beside it finds it. */
export const RUN_NAME = '.run';
