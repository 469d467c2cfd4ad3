import type { Computation } from '@duckpond/tinyfs';

/** Where a document stands. */
export interface Origin {
  readonly file: string;
  /** Of the first line of the document, counted from 1. */
  readonly line: number;
}

/** One node that a document asks for. */
export type WantedNode =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  /** A file of the host, as `pond copy` names one; a relative path starts at the directory of the document. */
  | { readonly kind: 'copy'; readonly path: string; readonly source: string; readonly overwrite: boolean }
  | { readonly kind: 'computed'; readonly path: string; readonly computed: Computation; readonly config: ConfigPlace };

/** Where a config stands in its document, for messages. */
export interface ConfigPlace {
  /** Of the config's first line in the file; undefined when it is made of other fields. */
  readonly line: number | undefined;
  /** Of the fields that it is made of, when it is. */
  readonly at?: number | undefined;
  /** Before the names of its fields: `spec.config`. */
  readonly field: string;
}

/** What one document asks for: a line of the report. */
export interface Resource {
  readonly origin: Origin;
  /** As the report calls it: `mknod`, `Derive`. */
  readonly kind: string;
  readonly path: string;
  readonly nodes: readonly WantedNode[];
}
