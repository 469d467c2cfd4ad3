import {
  ARROW_TYPES, type ArrowReading, arrowReading, type ArrowType, arrowTypeName, arrowTypeSlots, readArrowType,
} from './arrow-type.ts';
import { OplogError } from './errors.ts';
import {
  type FlatReader, readInteger, readReference, readRoot, readTables, readText, type Slot, type Table,
  writeFlatBuffer, writeString, writeTable, writeTables,
} from './flatbuffer.ts';
import { type Column, type Shape } from './shape.ts';

/** `MessageHeader` of Arrow's Message.fbs. */
export const SCHEMA_HEADER = 1;
export const RECORD_BATCH_HEADER = 3;

const METADATA_V5 = 4;
const METADATA_V4 = 3;

/** A column to be written: one of the shape's own, or one that is carried along. */
export interface StoredField {
  readonly name: string;
  readonly type: ArrowType;
  readonly nullable: boolean;
  /** How the values are written when not as they are (ipc-compact.ts); kept in the metadata of the field. */
  readonly encoding?: string;
}

/** The key of `StoredField.encoding` in the metadata of a field. */
export const ENCODING_KEY = 'duckpond.encoding';

/** A column found in a stream: how to read it as one of the shape's, or `null` for both when it is to be carried along. */
export interface FoundField extends StoredField {
  readonly column: Column | null;
  readonly reading: ArrowReading | null;
}

export function storedField(column: Column): StoredField {
  return { name: column.name, type: ARROW_TYPES[column.type], nullable: column.nullable };
}

/** The FlatBuffer of a schema message. */
export function encodeSchema(fields: readonly StoredField[]): Uint8Array<ArrayBuffer> {
  const schema: Slot[] = [null, { size: 'ref', write: (out) => writeTables(out, fields.map(fieldSlots)) }];
  return writeFlatBuffer([
    { size: 2, value: METADATA_V5 },
    { size: 1, value: SCHEMA_HEADER },
    { size: 'ref', write: (out) => writeTable(out, schema) },
  ]);
}

function fieldSlots(field: StoredField): Slot[] {
  const { encoding } = field;
  return [
    { size: 'ref', write: (out) => writeString(out, field.name) },
    field.nullable ? { size: 1, value: 1 } : null,
    { size: 1, value: field.type.id },
    { size: 'ref', write: (out) => writeTable(out, arrowTypeSlots(field.type)) },
    null,
    // Arrow C++ refuses a field without the vector of its children, even when there are none.
    { size: 'ref', write: (out) => writeTables(out, []) },
    ...(encoding === undefined ? [] : [encodingSlot(encoding)]),
  ];
}

function encodingSlot(encoding: string): Slot {
  const pair: Slot[] = [ENCODING_KEY, encoding].map((text): Slot => ({ size: 'ref', write: (out) => writeString(out, text) }));
  return { size: 'ref', write: (out) => writeTables(out, [pair]) };
}

/** The fields of a schema message as they are stored. */
export function readStoredFields(reader: FlatReader, header: Table): StoredField[] {
  return readTables(reader, header, 1).map((table) => readStoredField(reader, table));
}

function readStoredField(reader: FlatReader, table: Table): StoredField {
  const name = readText(reader, table, 0) ?? '';
  const id = readInteger(reader, table, 2, 1, 0);
  const type = readArrowType(reader, id, readReference(reader, table, 3));
  const dictionary = readReference(reader, table, 4) !== null;
  if (type === null || dictionary) {
    const what = dictionary ? 'dictionary-encoded' : `of type ${arrowTypeName(id)}`;
    throw new OplogError('unsupported-format', `column "${name}" is ${what}, a flat type was wanted`, { column: name });
  }
  const nullable = readInteger(reader, table, 1, 1, 0) !== 0;
  const encoding = readTables(reader, table, 6).find((pair) => readText(reader, pair, 0) === ENCODING_KEY);
  return encoding === undefined ? { name, type, nullable } : { name, type, nullable, encoding: readText(reader, encoding, 1) ?? '' };
}

/** The header table of a message and its kind; refuses the versions before Arrow 0.8. */
export function readMessage(reader: FlatReader): { readonly header: Table; readonly kind: number; readonly message: Table } {
  const message = readRoot(reader);
  const version = readInteger(reader, message, 0, 2, 0);
  if (version !== METADATA_V5 && version !== METADATA_V4) {
    throw new OplogError('unsupported-format', `Arrow metadata version ${version} is not supported, V4 or V5 was wanted`, { version });
  }
  const header = readReference(reader, message, 2);
  if (header === null) throw new OplogError('corrupt-record', 'a message has no header');
  return { header, kind: readInteger(reader, message, 1, 1, 0), message };
}

/** The fields of a schema message, matched with a shape. */
export function readSchema(reader: FlatReader, header: Table, shape: Shape): FoundField[] {
  if (readInteger(reader, header, 0, 2, 0) !== 0) {
    throw new OplogError('unsupported-format', 'the numbers are big-endian, little-endian was wanted');
  }
  const names = new Set<string>();
  return readTables(reader, header, 1).map((table) => {
    const field = readField(reader, table, shape);
    if (names.has(field.name)) throw new OplogError('corrupt-record', `column "${field.name}" is there twice`, { column: field.name });
    names.add(field.name);
    return field;
  });
}

function readField(reader: FlatReader, table: Table, shape: Shape): FoundField {
  const stored = readStoredField(reader, table);
  const { name, type } = stored;
  if (stored.encoding !== undefined) {
    const message = `column "${name}" is encoded as "${stored.encoding}", its plain values were wanted`;
    throw new OplogError('unsupported-format', message, { column: name });
  }
  const column = shape.byName.get(name) ?? null;
  const reading = column === null ? null : arrowReading(type, column.type);
  if (column !== null && reading === null) {
    const message = `column "${name}" is of type ${arrowTypeName(type.id)}, ${column.type} was wanted`;
    throw new OplogError('unsupported-format', message, { column: name });
  }
  return { ...stored, column, reading };
}
