import type { Metadata, Protocol } from './action.ts';
import { DeltaError } from './errors.ts';
import { type StructType, walkFields } from './schema.ts';

/** What of the protocol's table features this package reads and writes (PROTOCOL.md, "Table Features"). */

const READ = new Set([
  'deletionVectors', 'columnMapping', 'timestampNtz', 'v2Checkpoint', 'vacuumProtocolCheck', 'typeWidening', 'typeWidening-preview',
]);
const WRITTEN = new Set(['appendOnly', 'invariants']);

/** Features that a writer version below 7 stands for, by the version that brought them. */
const LEGACY_WRITER_FEATURES: readonly (readonly [version: number, features: readonly string[]])[] = [
  [2, ['appendOnly', 'invariants']],
  [3, ['checkConstraints']],
  [4, ['changeDataFeed', 'generatedColumns']],
  [5, ['columnMapping']],
  [6, ['identityColumns']],
];

/** Properties that ask a writer for a feature; only what reader 1 and writer 2 can hold may be set by this package. */
const FEATURE_PROPERTIES: readonly (readonly [property: string, off: readonly string[], feature: string])[] = [
  ['delta.columnMapping.mode', ['none'], 'columnMapping'],
  ['delta.enableDeletionVectors', ['false'], 'deletionVectors'],
  ['delta.enableChangeDataFeed', ['false'], 'changeDataFeed'],
  ['delta.enableInCommitTimestamps', ['false'], 'inCommitTimestamp'],
  ['delta.enableRowTracking', ['false'], 'rowTracking'],
  ['delta.enableTypeWidening', ['false'], 'typeWidening'],
  ['delta.checkpointPolicy', ['classic'], 'v2Checkpoint'],
];

/** The level of every table that this package creates: read and written by every implementation of Delta. */
export const WRITTEN_PROTOCOL: Protocol = { minReaderVersion: 1, minWriterVersion: 2 };

/** @throws DeltaError `unsupported-feature`, naming the first feature that a reader of this table must know and this one does not */
export function assertReadable(protocol: Protocol): void {
  if (protocol.minReaderVersion > 3 || protocol.minReaderVersion < 1) {
    throw unsupported('read', `reader version ${protocol.minReaderVersion}`, `wanted 1 to 3`);
  }
  if (protocol.minReaderVersion < 3) return;
  const unknown = (protocol.readerFeatures ?? []).find((feature) => !READ.has(feature));
  if (unknown !== undefined) throw unsupported('read', unknown, `wanted only ${[...READ].join(', ')}`);
}

/** @throws DeltaError `unsupported-feature`, naming the first feature that a writer of this table must know and this one does not */
export function assertWritable(protocol: Protocol, metadata: Metadata, schema: StructType): void {
  const unknown = writerFeatures(protocol).find((feature) => !WRITTEN.has(feature));
  if (unknown !== undefined) throw unsupported('write to', unknown, `wanted only ${[...WRITTEN].join(', ')}`);
  if (protocol.minReaderVersion === 3) {
    const read = (protocol.readerFeatures ?? [])[0];
    if (read !== undefined) throw unsupported('write to', read, 'wanted no reader features');
  } else if (protocol.minReaderVersion !== 1) {
    throw unsupported('write to', 'columnMapping', `wanted only ${[...WRITTEN].join(', ')}`);
  }
  for (const [property, off, feature] of FEATURE_PROPERTIES) {
    const value = metadata.configuration[property];
    if (typeof value === 'string' && !off.includes(value.toLowerCase())) throw unsupported('write to', feature, `wanted "${property}" off`);
  }
  for (const property of Object.keys(metadata.configuration)) {
    if (property.startsWith('delta.constraints.')) throw unsupported('write to', 'checkConstraints', `wanted no "${property}"`);
  }
  assertWritableSchema(schema);
}

function assertWritableSchema(schema: StructType): void {
  for (const { path, field } of walkFields(schema)) {
    const column = path.join('.');
    if (field.type === 'timestamp_ntz') throw unsupported('write to', 'timestampNtz', `wanted no such column as "${column}"`);
    if (field.metadata['delta.invariants'] !== undefined) throw unsupported('write to', 'invariants', `wanted none on "${column}"`);
    if (field.metadata['delta.generationExpression'] !== undefined) {
      throw unsupported('write to', 'generatedColumns', `wanted no expression on "${column}"`);
    }
    if (Object.keys(field.metadata).some((name) => name.startsWith('delta.identity.'))) {
      throw unsupported('write to', 'identityColumns', `wanted none like "${column}"`);
    }
  }
}

function writerFeatures(protocol: Protocol): readonly string[] {
  const version = protocol.minWriterVersion;
  if (version > 7 || version < 1) throw unsupported('write to', `writer version ${version}`, 'wanted 1, 2 or 7');
  if (version === 7) return protocol.writerFeatures ?? [];
  return LEGACY_WRITER_FEATURES.filter(([since]) => since <= version).flatMap(([, features]) => features);
}

function unsupported(verb: string, feature: string, wanted: string): DeltaError {
  return new DeltaError('unsupported-feature', `Cannot ${verb} the table: it uses "${feature}", ${wanted}`, { feature });
}
