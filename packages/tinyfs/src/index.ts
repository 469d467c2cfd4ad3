export { isTinyFsError, quote, TinyFsError, type TinyFsErrorCode } from './errors.ts';
export { isNodeId, type NodeId, ROOT_ID } from './node-id.ts';
export {
  type Computation, type DirectoryEntry, type DirectoryNode, type FileKind, type FileNode, isFile, type Node, type NodeKind,
  type SymlinkNode, type VersionInfo,
} from './node.ts';
export type { ContentOptions, NodeReader } from './node-reader.ts';
export type { Content, NodeChange, NodeSpec, NodeWriter } from './node-writer.ts';
export type { RowRange, TabularColumn, TabularFacts, VersionBounds } from './tabular-facts.ts';
export type {
  FollowOptions, FS, GlobMatch, GlobOptions, Lookup, NodePath, WalkOptions, WD, WritableFS, WritableWD, WriteOptions,
} from './working-directory.ts';
export {
  basename, compareNames, comparePaths, dirname, isName, joinPath, MAX_NAME_BYTES, nameFault, normalizePath, type ParsedPath,
  parsePath, type ParseOptions,
} from './path.ts';
export { MAX_LINK_NESTING, withPath } from './resolve.ts';
export {
  checkTemplate, escapeGlob, expandCaptures, type Glob, type GlobMatchOptions, type GlobPart, hasGlobSyntax, literalPrefix,
  matchGlob, parseGlob,
} from './glob.ts';
export type { NamePattern } from './glob-name.ts';
export { openFs, openWritableFs } from './fs.ts';
export { createMemoryStore, type MemoryStore, type MemoryStoreOptions } from './memory-store.ts';
export {
  type ComputedDirectory, type ComputedFile, type DirectoryFactory, type Factory, type FactoryContext, type FactoryRegistry,
  type FileFactory, isComputedNode, withFactories, withFactoriesForWrite,
} from './dynamic.ts';
export { computedChild, derivedNodeId } from './computed-node.ts';
export { type NameMapping, REVERSED, type ViewConfig, viewDirectory } from './view-directory.ts';
export { globDirectory, type GlobDirectoryConfig } from './glob-directory.ts';
export { cutRange } from './byte-range.ts';
