import { isAbsolutePath, decodePath, encodePath } from './table-path.ts';
import { corrupt, defined, FieldReader, type Fields, fieldsOf, type Place } from './fields.ts';
import { stringifyJson } from './json.ts';

/**
 * The actions of the Delta protocol (PROTOCOL.md, "Actions") with its own field names and units: sizes in bytes, times in
 * milliseconds since 1970. `path` is decoded and canonical here and URI-encoded in the log.
 */

export type TextMap = Readonly<Record<string, string | null>>;

export interface Protocol {
  readonly minReaderVersion: number;
  readonly minWriterVersion: number;
  /** Present exactly when `minReaderVersion` is 3. */
  readonly readerFeatures?: readonly string[];
  /** Present exactly when `minWriterVersion` is 7. */
  readonly writerFeatures?: readonly string[];
}

export interface Metadata {
  readonly id: string;
  readonly name?: string;
  readonly description?: string;
  readonly format: { readonly provider: string; readonly options: TextMap };
  readonly schemaString: string;
  readonly partitionColumns: readonly string[];
  readonly createdTime?: number;
  readonly configuration: TextMap;
}

export interface DeletionVectorDescriptor {
  /** `u`: a file named by a UUID in the table; `p`: a file by absolute path; `i`: the bitmap itself. */
  readonly storageType: 'u' | 'p' | 'i';
  readonly pathOrInlineDv: string;
  readonly offset?: number;
  readonly sizeInBytes: number;
  readonly cardinality: number;
}

export interface AddFile {
  readonly path: string;
  readonly partitionValues: TextMap;
  readonly size: number;
  readonly modificationTime: number;
  readonly dataChange: boolean;
  /** JSON, see stats.ts. */
  readonly stats?: string;
  readonly tags?: TextMap;
  readonly deletionVector?: DeletionVectorDescriptor;
  readonly baseRowId?: number;
  readonly defaultRowCommitVersion?: number;
  readonly clusteringProvider?: string;
}

export interface RemoveFile {
  readonly path: string;
  readonly deletionTimestamp?: number;
  readonly dataChange: boolean;
  /** Whether `partitionValues` and `size` are here, as they are in everything that this package writes. */
  readonly extendedFileMetadata?: boolean;
  readonly partitionValues?: TextMap;
  readonly size?: number;
  readonly stats?: string;
  readonly tags?: TextMap;
  readonly deletionVector?: DeletionVectorDescriptor;
  readonly baseRowId?: number;
  readonly defaultRowCommitVersion?: number;
}

export interface SetTransaction {
  readonly appId: string;
  readonly version: number | bigint;
  readonly lastUpdated?: number;
}

/** Any JSON is allowed here; the named fields are those that this package looks at. */
export interface CommitInfo {
  readonly [field: string]: unknown;
  readonly timestamp?: number;
  readonly inCommitTimestamp?: number;
  readonly operation?: string;
  /** Unique for the attempt: tells an own commit from another one after an ambiguous failure. */
  readonly txnId?: string;
}

export interface DomainMetadata {
  readonly domain: string;
  readonly configuration: string;
  readonly removed: boolean;
}

export interface CdcFile {
  readonly path: string;
  readonly partitionValues: TextMap;
  readonly size: number;
  readonly dataChange: boolean;
  readonly tags?: TextMap;
}

export interface Sidecar {
  /** Name of a file in `_delta_log/_sidecars`. */
  readonly path: string;
  readonly sizeInBytes: number;
  readonly modificationTime: number;
  readonly tags?: TextMap;
}

export interface CheckpointMetadata {
  readonly version: number;
  readonly tags?: TextMap;
}

export type Action =
  | { readonly kind: 'protocol'; readonly protocol: Protocol }
  | { readonly kind: 'metaData'; readonly metaData: Metadata }
  | { readonly kind: 'add'; readonly add: AddFile }
  | { readonly kind: 'remove'; readonly remove: RemoveFile }
  | { readonly kind: 'txn'; readonly txn: SetTransaction }
  | { readonly kind: 'commitInfo'; readonly commitInfo: CommitInfo }
  | { readonly kind: 'domainMetadata'; readonly domainMetadata: DomainMetadata }
  | { readonly kind: 'cdc'; readonly cdc: CdcFile }
  | { readonly kind: 'sidecar'; readonly sidecar: Sidecar }
  | { readonly kind: 'checkpointMetadata'; readonly checkpointMetadata: CheckpointMetadata };

/** Identity of a logical file: its path alone, or with the deletion vector when it has one. */
export function fileKey(file: { readonly path: string; readonly deletionVector?: DeletionVectorDescriptor }): string {
  const vector = file.deletionVector;
  if (vector === undefined) return file.path;
  return `${file.path}\u0000${vector.storageType}${vector.pathOrInlineDv}${vector.offset === undefined ? '' : `@${vector.offset}`}`;
}

/** The action that takes `add` out of the table, in the extended form that lets later readers know what was removed. */
export function removeOf(add: AddFile, deletionTimestamp: number, dataChange: boolean): RemoveFile {
  return defined({
    path: add.path,
    deletionTimestamp,
    dataChange,
    extendedFileMetadata: true,
    partitionValues: add.partitionValues,
    size: add.size,
    tags: add.tags,
    deletionVector: add.deletionVector,
    baseRowId: add.baseRowId,
    defaultRowCommitVersion: add.defaultRowCommitVersion,
  });
}

/**
 * Decodes a line of a commit or a row of a checkpoint: an object with one field, named after the action.
 *
 * @returns undefined for an action that this package does not know
 * @throws DeltaError with the code of `place`
 */
export function decodeAction(value: unknown, place: Place): Action | undefined {
  const record = fieldsOf(value, 'action', place);
  for (const kind in record) {
    const body = record[kind];
    if (body === null || body === undefined) continue;
    switch (kind) {
      case 'add': return { kind, add: decodeAdd(body, place) };
      case 'remove': return { kind, remove: decodeRemove(body, place) };
      case 'txn': return { kind, txn: decodeTransaction(body, place) };
      case 'commitInfo': return { kind, commitInfo: decodeCommitInfo(body, place) };
      case 'protocol': return { kind, protocol: decodeProtocol(body, place) };
      case 'metaData': return { kind, metaData: decodeMetadata(body, place) };
      case 'domainMetadata': return { kind, domainMetadata: decodeDomainMetadata(body, place) };
      case 'cdc': return { kind, cdc: decodeCdc(body, place) };
      case 'sidecar': return { kind, sidecar: decodeSidecar(body, place) };
      case 'checkpointMetadata': return { kind, checkpointMetadata: decodeCheckpointMetadata(body, place) };
      default: break;
    }
  }
  return undefined;
}

/** Actions never change, and those of a commit are encoded more than once: for its seal, and for the file. */
const encodings = new WeakMap<Action, string>();

/** One line of a commit file, without its newline. */
export function encodeAction(action: Action): string {
  let line = encodings.get(action);
  if (line === undefined) encodings.set(action, line = stringifyJson(actionRecord(action)));
  return line;
}

/** The action as the log spells it, its path URI-encoded. */
export function actionRecord(action: Action): Fields {
  switch (action.kind) {
    case 'add': return { add: { ...action.add, path: encodePath(action.add.path) } };
    case 'remove': return { remove: { ...action.remove, path: encodePath(action.remove.path) } };
    case 'cdc': return { cdc: { ...action.cdc, path: encodePath(action.cdc.path) } };
    case 'txn': return { txn: action.txn };
    case 'commitInfo': return { commitInfo: action.commitInfo };
    case 'protocol': return { protocol: action.protocol };
    case 'metaData': return { metaData: action.metaData };
    case 'domainMetadata': return { domainMetadata: action.domainMetadata };
    case 'sidecar': return { sidecar: action.sidecar };
    case 'checkpointMetadata': return { checkpointMetadata: action.checkpointMetadata };
  }
}

export function decodeProtocol(value: unknown, place: Place): Protocol {
  const fields = new FieldReader(value, 'protocol', place);
  return defined({
    minReaderVersion: fields.integer('minReaderVersion'),
    minWriterVersion: fields.integer('minWriterVersion'),
    readerFeatures: fields.optionalTextList('readerFeatures'),
    writerFeatures: fields.optionalTextList('writerFeatures'),
  });
}

export function decodeMetadata(value: unknown, place: Place): Metadata {
  const fields = new FieldReader(value, 'metaData', place);
  return defined({
    id: fields.text('id'),
    name: fields.optionalText('name'),
    description: fields.optionalText('description'),
    format: fields.optional('format', decodeFormat) ?? { provider: 'parquet', options: {} },
    // Required, yet Spark itself writes and reads tables without: they have no columns.
    schemaString: fields.optionalText('schemaString') ?? '{"type":"struct","fields":[]}',
    partitionColumns: fields.optionalTextList('partitionColumns') ?? [],
    createdTime: fields.optionalInteger('createdTime'),
    configuration: fields.optionalTextMap('configuration') ?? {},
  });
}

function decodeFormat(value: unknown, name: string, place: Place): Metadata['format'] {
  const fields = new FieldReader(value, name, place);
  return { provider: fields.text('provider'), options: fields.optionalTextMap('options') ?? {} };
}

export function decodeAdd(value: unknown, place: Place): AddFile {
  const fields = new FieldReader(value, 'add', place);
  return defined({
    path: decodeFilePath(fields, place),
    partitionValues: fields.optionalTextMap('partitionValues') ?? {},
    size: fields.integer('size'),
    modificationTime: fields.integer('modificationTime'),
    dataChange: fields.flag('dataChange'),
    stats: fields.optionalText('stats'),
    tags: fields.optionalTextMap('tags'),
    deletionVector: fields.optional('deletionVector', decodeDeletionVector),
    baseRowId: fields.optionalInteger('baseRowId'),
    defaultRowCommitVersion: fields.optionalInteger('defaultRowCommitVersion'),
    clusteringProvider: fields.optionalText('clusteringProvider'),
  });
}

function decodeRemove(value: unknown, place: Place): RemoveFile {
  const fields = new FieldReader(value, 'remove', place);
  return defined({
    path: decodeFilePath(fields, place),
    deletionTimestamp: fields.optionalInteger('deletionTimestamp'),
    dataChange: fields.flag('dataChange'),
    extendedFileMetadata: fields.optionalFlag('extendedFileMetadata'),
    partitionValues: fields.optionalTextMap('partitionValues'),
    size: fields.optionalInteger('size'),
    stats: fields.optionalText('stats'),
    tags: fields.optionalTextMap('tags'),
    deletionVector: fields.optional('deletionVector', decodeDeletionVector),
    baseRowId: fields.optionalInteger('baseRowId'),
    defaultRowCommitVersion: fields.optionalInteger('defaultRowCommitVersion'),
  });
}

function decodeFilePath(fields: FieldReader, place: Place): string {
  const encoded = fields.text('path');
  const path = decodePath(encoded);
  if (path === undefined) throw corrupt(place, `"${encoded}" is no URI-encoded path`);
  if (!isAbsolutePath(path) && /(^|\/)\.\.(\/|$)/.test(path)) throw corrupt(place, `the path "${path}" leaves the table`);
  return path;
}

function decodeDeletionVector(value: unknown, name: string, place: Place): DeletionVectorDescriptor {
  const fields = new FieldReader(value, name, place);
  const type = fields.text('storageType');
  if (type !== 'u' && type !== 'p' && type !== 'i') throw fields.wrong('storageType', '"u", "p" or "i"');
  const storageType: DeletionVectorDescriptor['storageType'] = type;
  return defined({
    storageType,
    pathOrInlineDv: fields.text('pathOrInlineDv'),
    offset: fields.optionalInteger('offset'),
    sizeInBytes: fields.integer('sizeInBytes'),
    cardinality: fields.integer('cardinality'),
  });
}

export function decodeTransaction(value: unknown, place: Place): SetTransaction {
  const fields = new FieldReader(value, 'txn', place);
  return defined({ appId: fields.text('appId'), version: fields.long('version'), lastUpdated: fields.optionalInteger('lastUpdated') });
}

/** Never an error for what is inside: the protocol leaves it to the writer. */
function decodeCommitInfo(value: unknown, place: Place): CommitInfo {
  const { timestamp, inCommitTimestamp, operation, txnId, ...others } = fieldsOf(value, 'commitInfo', place);
  return defined({
    timestamp: typeof timestamp === 'number' ? timestamp : undefined,
    inCommitTimestamp: typeof inCommitTimestamp === 'number' ? inCommitTimestamp : undefined,
    operation: typeof operation === 'string' ? operation : undefined,
    txnId: typeof txnId === 'string' ? txnId : undefined,
    ...others,
  });
}

export function decodeDomainMetadata(value: unknown, place: Place): DomainMetadata {
  const fields = new FieldReader(value, 'domainMetadata', place);
  return { domain: fields.text('domain'), configuration: fields.text('configuration'), removed: fields.flag('removed') };
}

function decodeCdc(value: unknown, place: Place): CdcFile {
  const fields = new FieldReader(value, 'cdc', place);
  return defined({
    path: decodeFilePath(fields, place),
    partitionValues: fields.optionalTextMap('partitionValues') ?? {},
    size: fields.integer('size'),
    dataChange: fields.flag('dataChange'),
    tags: fields.optionalTextMap('tags'),
  });
}

function decodeSidecar(value: unknown, place: Place): Sidecar {
  const fields = new FieldReader(value, 'sidecar', place);
  return defined({
    path: fields.text('path'),
    sizeInBytes: fields.integer('sizeInBytes'),
    modificationTime: fields.integer('modificationTime'),
    tags: fields.optionalTextMap('tags'),
  });
}

function decodeCheckpointMetadata(value: unknown, place: Place): CheckpointMetadata {
  const fields = new FieldReader(value, 'checkpointMetadata', place);
  return defined({ version: fields.integer('version'), tags: fields.optionalTextMap('tags') });
}
