export { createPond } from './create-pond.ts';
export { openPond, STORE_DIRECTORY } from './open-pond.ts';
export { createUuid7, realEnvironment } from './environment.ts';
export { fsckPondDirectory } from './fsck/fsck.ts';
export { PondError, type PondErrorCode } from './errors.ts';
export type * from './pond.ts';
