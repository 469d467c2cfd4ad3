import type { SchemaElement } from 'hyparquet';

/** Parquet schema of a classic checkpoint, element for element the one that Spark writes (PROTOCOL.md, "Checkpoint Schema"). */

type Element = readonly SchemaElement[];

function text(name: string, repetition_type: 'OPTIONAL' | 'REQUIRED' = 'OPTIONAL'): Element {
  return [{ name, type: 'BYTE_ARRAY', repetition_type, converted_type: 'UTF8', logical_type: { type: 'STRING' } }];
}

function scalar(name: string, type: 'INT32' | 'INT64' | 'BOOLEAN'): Element {
  return [{ name, type, repetition_type: 'OPTIONAL' }];
}

function struct(name: string, ...fields: readonly Element[]): Element {
  return [{ name, repetition_type: 'OPTIONAL', num_children: fields.length }, ...fields.flat()];
}

function textMap(name: string): Element {
  return [
    { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'MAP', logical_type: { type: 'MAP' } },
    { name: 'key_value', repetition_type: 'REPEATED', num_children: 2 },
    ...text('key', 'REQUIRED'),
    ...text('value'),
  ];
}

function textList(name: string): Element {
  return [
    { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST', logical_type: { type: 'LIST' } },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    ...text('element'),
  ];
}

const deletionVector = struct(
  'deletionVector',
  text('storageType'), text('pathOrInlineDv'), scalar('offset', 'INT32'), scalar('sizeInBytes', 'INT32'), scalar('cardinality', 'INT64'),
  scalar('maxRowIndex', 'INT64'),
);

const columns: readonly Element[] = [
  struct('txn', text('appId'), scalar('version', 'INT64'), scalar('lastUpdated', 'INT64')),
  struct(
    'add',
    text('path'), textMap('partitionValues'), scalar('size', 'INT64'), scalar('modificationTime', 'INT64'), scalar('dataChange', 'BOOLEAN'),
    textMap('tags'), deletionVector, scalar('baseRowId', 'INT64'), scalar('defaultRowCommitVersion', 'INT64'), text('stats'),
  ),
  struct(
    'remove',
    text('path'), scalar('deletionTimestamp', 'INT64'), scalar('dataChange', 'BOOLEAN'), scalar('extendedFileMetadata', 'BOOLEAN'),
    textMap('partitionValues'), scalar('size', 'INT64'), deletionVector, scalar('baseRowId', 'INT64'),
    scalar('defaultRowCommitVersion', 'INT64'),
  ),
  struct(
    'metaData',
    text('id'), text('name'), text('description'), struct('format', text('provider'), textMap('options')), text('schemaString'),
    textList('partitionColumns'), textMap('configuration'), scalar('createdTime', 'INT64'),
  ),
  struct(
    'protocol',
    scalar('minReaderVersion', 'INT32'), scalar('minWriterVersion', 'INT32'), textList('readerFeatures'), textList('writerFeatures'),
  ),
  struct('domainMetadata', text('domain'), text('configuration'), scalar('removed', 'BOOLEAN')),
];

export const CHECKPOINT_SCHEMA: readonly SchemaElement[] = [{ name: 'spark_schema', num_children: columns.length }, ...columns.flat()];

export const CHECKPOINT_COLUMNS: readonly string[] = columns.flatMap(([column]) => column === undefined ? [] : [column.name]);
