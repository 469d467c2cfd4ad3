import { describe, expect, test } from 'vitest';
import type { Metadata, Protocol } from '../src/action.ts';
import { assertReadable, assertWritable } from '../src/features.ts';
import { encodeSchema, type StructField, type StructType } from '../src/schema.ts';
import { SCHEMA } from './tables.ts';

function metadata(schema: StructType = SCHEMA): Metadata {
  const format = { provider: 'parquet', options: {} };
  return { id: 'i', format, schemaString: encodeSchema(schema), partitionColumns: [], configuration: {} };
}

function column(fields: Partial<StructField>): StructType {
  return { type: 'struct', fields: [{ name: 'c', type: 'long', nullable: true, metadata: {}, ...fields }] };
}

describe('assertReadable()', () => {
  test('knows what the golden tables need', () => {
    const readerFeatures = [
      'deletionVectors', 'columnMapping', 'timestampNtz', 'v2Checkpoint', 'vacuumProtocolCheck', 'typeWidening', 'typeWidening-preview',
    ];
    const protocol = { minReaderVersion: 3, minWriterVersion: 7, readerFeatures, writerFeatures: ['rowTracking'] };
    expect(() => assertReadable(protocol)).not.toThrow();
    for (const minReaderVersion of [1, 2]) expect(() => assertReadable({ minReaderVersion, minWriterVersion: 5 })).not.toThrow();
  });

  test.each([
    [{ minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ['columnMapping', 'variantType'] }, 'variantType'],
    [{ minReaderVersion: 4, minWriterVersion: 7 }, 'reader version 4'],
  ])('names the feature: %o', (protocol, feature) => {
    expect(() => assertReadable(protocol)).toThrow(expect.objectContaining({ code: 'unsupported-feature', data: { feature } }));
  });
});

describe('assertWritable()', () => {
  test.each<Protocol>([
    { minReaderVersion: 1, minWriterVersion: 1 }, { minReaderVersion: 1, minWriterVersion: 2 },
    { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['appendOnly', 'invariants'] },
    { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: [], writerFeatures: [] },
  ])('allows %o', (protocol) => {
    expect(() => assertWritable(protocol, metadata(), SCHEMA)).not.toThrow();
  });

  test.each<[Protocol, string]>([
    [{ minReaderVersion: 1, minWriterVersion: 3 }, 'checkConstraints'],
    [{ minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['appendOnly', 'domainMetadata'] }, 'domainMetadata'],
    [{ minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ['x'], writerFeatures: ['deletionVectors'] }, 'deletionVectors'],
    [{ minReaderVersion: 2, minWriterVersion: 2 }, 'columnMapping'],
    [{ minReaderVersion: 1, minWriterVersion: 8 }, 'writer version 8'],
  ])('names the feature of %o', (protocol, feature) => {
    expect(() => assertWritable(protocol, metadata(), SCHEMA))
      .toThrow(expect.objectContaining({ code: 'unsupported-feature', data: { feature } }));
  });

  test.each<[Partial<StructField>, string]>([
    [{ type: 'timestamp_ntz' }, 'timestampNtz'],
    [{ metadata: { 'delta.invariants': '{}' } }, 'invariants'],
    [{ metadata: { 'delta.generationExpression': '1' } }, 'generatedColumns'],
    [{ metadata: { 'delta.identity.start': 1 } }, 'identityColumns'],
    [{ type: { type: 'array', elementType: column({ type: 'timestamp_ntz' }), containsNull: true } }, 'timestampNtz'],
  ])('names the feature of the column %o', (fields, feature) => {
    const schema = column(fields);
    expect(() => assertWritable({ minReaderVersion: 1, minWriterVersion: 2 }, metadata(schema), schema))
      .toThrow(expect.objectContaining({ code: 'unsupported-feature', data: { feature } }));
  });
});
