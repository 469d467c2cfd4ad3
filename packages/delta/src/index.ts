export type { ByteRange, ObjectMeta, ObjectStore, StagedObject } from './object-store.ts';
export { openLocalStore } from './local-store.ts';
export { type LocalIo, nodeIo } from './local-io.ts';
export { collectLeftovers, type LeftoverOptions, type Leftovers, supportsHardLinks } from './local-leftovers.ts';
export { createMemoryStore, type MemoryStoreOptions } from './memory-store.ts';
export { createPrefixedStore } from './prefixed-store.ts';
export { DeltaError, type DeltaErrorCode } from './errors.ts';
