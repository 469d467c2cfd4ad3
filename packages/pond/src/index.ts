// The functions `createPond(directory, options?)` and `openPond(directory, options?)` join these types as they are built.
export { PondError, type PondErrorCode } from './errors.ts';
export type * from './pond.ts';
