/** `lost`: it is not there; `damaged`: it is not as it was written; `derived`: it is wrong, and can be rebuilt from what is not. */
export type Severity = 'lost' | 'damaged' | 'derived';

/** One version of a node. */
export interface VersionRef {
  readonly partId: string;
  readonly nodeId: string;
  readonly version: number;
}

/** Something in the store that is not as it was written. */
export interface Finding {
  readonly severity: Severity;
  /** Relative to the store. */
  readonly file: string;
  /** `Cannot <verb> "<thing>": <what is>, <what was wanted>`. */
  readonly message: string;
  /** The versions that cannot be read because of it, as far as known; at most `MOST_USES` of them. */
  readonly uses?: readonly VersionRef[];
  /** How many there are, when there are more than `uses` names. */
  readonly useCount?: number;
  /** The transactions whose records the file holds, when which versions they were is not known. */
  readonly txns?: { readonly first: number; readonly last: number };
}

/** So many versions are named for each finding. */
export const MOST_USES = 16;
