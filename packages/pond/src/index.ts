export { createPond } from './create-pond.ts';
export { openPond, STORE_DIRECTORY } from './open-pond.ts';
export { createUuid7, realEnvironment } from './environment.ts';
export { fsckPondDirectory } from './fsck/fsck.ts';
export { appendTabular, type AppendTabularOptions } from './append-tabular.ts';
export { assertKind, importRows, type ImportOptions, openRowImporter, type RowImporter, type RowOptions } from './import-rows.ts';
export { relationOf, type RelationSource, type RowBounds } from './relation.ts';
export { PondError, type PondErrorCode } from './errors.ts';
export type * from './pond.ts';
