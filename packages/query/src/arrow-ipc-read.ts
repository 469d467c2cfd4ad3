import { type ArrowBytes, arrowBytes, type ArrowCodec } from './arrow-bytes.ts';
import { type FlatBuffer, flatBuffer } from './arrow-flatbuffer.ts';
import { type ArrowField, readFields } from './arrow-schema.ts';
import { QueryError } from './errors.ts';

/** A column of a batch: its buffers as Arrow lays them out, without the validity bitmap, which is apart. */
export interface ArrowColumn {
  readonly field: ArrowField;
  readonly length: number;
  /** One bit a row, 1 is a value; undefined when no row is null. */
  readonly validity?: Uint8Array;
  readonly buffers: readonly Uint8Array[];
  readonly children: readonly ArrowColumn[];
  /** The values that this column's indexes stand for. */
  readonly dictionary?: ArrowColumn;
}

export interface ArrowBatch {
  readonly length: number;
  readonly columns: readonly ArrowColumn[];
}

const CONTINUATION = 0xffffffff;
const FILE_MAGIC = 'ARROW1';
const HEADER = { schema: 1, dictionary: 2, batch: 3 } as const;
const NODE_BYTES = 16;

interface Message {
  readonly type: number;
  readonly header: number;
  readonly metadata: FlatBuffer;
  /** What reads a range of the body. */
  readonly body: Body;
}

interface Body {
  readonly size: number;
  readonly read: (from: number, size: number) => Uint8Array;
  readonly decompress: ArrowBytes['decompress'];
}

/** The fields of an Arrow IPC stream or file. Throws `bad-input`. */
export function readArrowFields(bytes: Uint8Array | ArrowBytes): readonly ArrowField[] {
  return guarded(() => {
    for (const { type, header, metadata } of messages(arrowBytes(bytes))) if (type === HEADER.schema) return readFields(metadata, header);
    throw new RangeError('there is no schema');
  });
}

/** The message that a stream or file begins with, its schema, as it is: equal bytes, equal fields. */
export function schemaMessage(bytes: Uint8Array | ArrowBytes): Uint8Array {
  const source = arrowBytes(bytes);
  const start = startsWithMagic(source) ? 8 : 0;
  if (source.size < start + 8) return source.read(0, source.size);
  const head = viewOf(source.read(start, start + 8));
  const prefix = head.getUint32(0, true) === CONTINUATION ? 8 : 4;
  return source.read(start, Math.min(source.size, Math.max(start, start + prefix + head.getInt32(prefix - 4, true))));
}

/** How the buffers of an Arrow IPC stream or file are compressed. Only the heads of its messages are read. Throws `bad-input`. */
export function arrowCodecs(bytes: ArrowBytes): ReadonlySet<ArrowCodec> {
  return guarded(() => {
    const codecs = new Set<ArrowCodec>();
    for (const { type, header, metadata } of messages(bytes)) {
      const data = type === HEADER.dictionary ? metadata.field(header, 1) : header;
      if (type === HEADER.schema || data === 0) continue;
      const codec = codecOf(metadata, type === HEADER.dictionary ? metadata.follow(data) : header);
      if (codec !== undefined) codecs.add(codec);
    }
    return codecs;
  });
}

/**
 * The batches of an Arrow IPC stream or file, one at a time; of bytes in memory nothing is copied. Throws `bad-input`. `known`: its fields.
 * Columns whose number is not in `wanted` are not read and stay empty.
 */
export function* readArrowBatches(
  bytes: Uint8Array | ArrowBytes, known?: readonly ArrowField[], wanted?: ReadonlySet<number>,
): Generator<ArrowBatch, void, void> {
  let fields: readonly ArrowField[] = known ?? [];
  const dictionaries = new Map<number, ArrowColumn>();
  const source = messages(arrowBytes(bytes));
  for (;;) {
    const batch = guarded(() => {
      for (;;) {
        const { value, done } = source.next();
        if (done === true) return undefined;
        const { type, header, metadata, body } = value;
        if (type === HEADER.schema) fields = known ?? readFields(metadata, header);
        if (type === HEADER.dictionary) readDictionary(fields, metadata, header, body, dictionaries);
        if (type === HEADER.batch) return readBatch(fields, metadata, header, body, dictionaries, wanted);
      }
    });
    if (batch === undefined) return;
    yield batch;
  }
}

function* messages(bytes: ArrowBytes): Generator<Message, void, void> {
  let at = startsWithMagic(bytes) ? 8 : 0;
  while (at + 4 <= bytes.size) {
    const head = viewOf(bytes.read(at, Math.min(at + 8, bytes.size)));
    const prefix = head.getUint32(0, true) === CONTINUATION ? 8 : 4;
    const length = head.getInt32(prefix - 4, true);
    at += prefix;
    if (length === 0) return;
    if (length < 0 || at + length > bytes.size) throw new RangeError('it ends within a message');
    const metadata = flatBuffer(bytes.read(at, at + length));
    at += length;
    const bodyLength = metadata.field(metadata.root, 3);
    const size = bodyLength === 0 ? 0 : metadata.int64(bodyLength);
    if (size < 0 || at + size > bytes.size) throw new RangeError('it ends within a batch');
    const type = metadata.field(metadata.root, 1);
    const header = metadata.field(metadata.root, 2);
    if (type === 0 || header === 0) throw new RangeError('a message has no header');
    const start = at;
    const body: Body = { size, decompress: bytes.decompress, read: (from, count) => bytes.read(start + from, start + from + count) };
    yield { type: metadata.uint8(type), header: metadata.follow(header), metadata, body };
    at += size;
  }
  if (at < bytes.size) throw new RangeError('it ends within a message');
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function startsWithMagic(bytes: ArrowBytes): boolean {
  const head = bytes.read(0, Math.min(bytes.size, FILE_MAGIC.length));
  return [...FILE_MAGIC].every((char, at) => head[at] === char.charCodeAt(0));
}

function codecOf(metadata: FlatBuffer, table: number): ArrowCodec | undefined {
  const compression = metadata.field(table, 3);
  if (compression === 0) return undefined;
  const codec = metadata.field(metadata.follow(compression), 0);
  const number = codec === 0 ? 0 : metadata.uint8(codec);
  if (number > 1) throw new RangeError(`its buffers are compressed by the unknown codec ${number}`);
  return number === 0 ? 'lz4' : 'zstd';
}

function readBatch(
  fields: readonly ArrowField[], metadata: FlatBuffer, table: number, body: Body, dictionaries: ReadonlyMap<number, ArrowColumn>,
  wanted?: ReadonlySet<number>,
): ArrowBatch {
  const codec = codecOf(metadata, table);
  if (codec !== undefined && body.decompress === undefined) {
    throw new QueryError('unsupported-format', 'Cannot read an Arrow stream: its buffers are compressed, wanted them uncompressed');
  }
  const length = metadata.field(table, 0);
  const pairs = (slot: number): (readonly [number, number])[] => {
    const position = metadata.field(table, slot);
    return position === 0 ? [] : metadata.items(position, NODE_BYTES).map((at) => [metadata.int64(at), metadata.int64(at + 8)]);
  };
  const [nodes, buffers] = [pairs(1), pairs(2)];
  const variadicAt = metadata.field(table, 4);
  const variadic = variadicAt === 0 ? [] : metadata.items(variadicAt, 8).map((at) => metadata.int64(at));

  let isWanted = true;
  const nextBuffer = (): Uint8Array => {
    const buffer = buffers.shift();
    if (buffer === undefined) throw new RangeError('a batch lacks buffers');
    const [offset, size] = buffer;
    if (offset < 0 || size < 0 || offset + size > body.size) throw new RangeError('a buffer lies outside of its batch');
    if (!isWanted || size === 0) return EMPTY;
    return codec === undefined ? body.read(offset, size) : decompressed(codec, body, offset, size);
  };
  const readColumn = (field: ArrowField): ArrowColumn => {
    const node = nodes.shift();
    if (node === undefined) throw new RangeError('a batch lacks columns');
    const [rows, nulls] = node;
    if (field.dictionary !== undefined) {
      const validity = nextBuffer();
      const dictionary = dictionaries.get(field.dictionary.id);
      if (dictionary === undefined) throw new RangeError('a batch comes before its dictionary');
      return column({ field, length: rows, buffers: [nextBuffer()], children: [], dictionary }, validity, isWanted ? nulls : 0);
    }
    const { kind } = field.type;
    if (kind === 'null') return { field, length: rows, buffers: [], children: [] };
    if (kind === 'unsupported') throw unsupported(field);
    const validity = nextBuffer();
    const own = kind === 'utf8-view' || kind === 'binary-view' ? 1 + (variadic.shift() ?? 0) : OWN_BUFFERS[kind] ?? 1;
    const data = Array.from({ length: own }, nextBuffer);
    return column({ field, length: rows, buffers: data, children: field.children.map(readColumn) }, validity, isWanted ? nulls : 0);
  };
  const columns = fields.map((field, at) => {
    isWanted = wanted?.has(at) !== false;
    const read = readColumn(field);
    return isWanted ? read : { field, length: read.length, buffers: [], children: [] };
  });
  return { length: length === 0 ? 0 : metadata.int64(length), columns };
}

const EMPTY = new Uint8Array(0);
const MAX_BUFFER_BYTES = 2 ** 30;

/** A buffer that begins with the length of its content, -1 when it is not compressed after all. */
function decompressed(codec: ArrowCodec, body: Body, offset: number, size: number): Uint8Array {
  if (size < 8) throw new RangeError('a compressed buffer is too short');
  const length = Number(viewOf(body.read(offset, 8)).getBigInt64(0, true));
  if (length === -1) return body.read(offset + 8, size - 8);
  if (length < 0 || length > MAX_BUFFER_BYTES) throw new RangeError(`a compressed buffer of ${length} bytes is too large`);
  return length === 0 ? EMPTY : body.decompress?.(codec, body.read(offset + 8, size - 8), length) ?? EMPTY;
}

/** Buffers of a kind behind its validity; 1 where nothing is said. */
const OWN_BUFFERS: Readonly<Record<string, number>> = {
  'utf8': 2, 'binary': 2, 'large-utf8': 2, 'large-binary': 2, 'struct': 0, 'fixed-list': 0,
};

function column(base: Omit<ArrowColumn, 'validity'>, validity: Uint8Array, nulls: number): ArrowColumn {
  if (nulls === 0 || validity.length === 0) return base;
  if (validity.length * 8 < base.length) throw new RangeError('a validity bitmap is too short');
  return { ...base, validity };
}

function readDictionary(
  fields: readonly ArrowField[], metadata: FlatBuffer, table: number, body: Body, dictionaries: Map<number, ArrowColumn>,
): void {
  const idAt = metadata.field(table, 0);
  const id = idAt === 0 ? 0 : metadata.int64(idAt);
  const field = fields.map((candidate) => fieldOfDictionary(candidate, id)).find((found) => found !== undefined);
  const data = metadata.field(table, 1);
  if (field === undefined || data === 0) throw new RangeError('a dictionary belongs to no column');
  const delta = metadata.field(table, 2);
  if (delta !== 0 && metadata.uint8(delta) !== 0) {
    throw new QueryError('unsupported-format', `Cannot read the Arrow column "${field.name}": its dictionary grows, wanted a whole one`);
  }
  const { dictionary: _, ...values } = field;
  const [column] = readBatch([values], metadata, metadata.follow(data), body, dictionaries).columns;
  if (column !== undefined) dictionaries.set(id, column);
}

function fieldOfDictionary(field: ArrowField, id: number): ArrowField | undefined {
  if (field.dictionary?.id === id) return field;
  for (const child of field.children) {
    const found = fieldOfDictionary(child, id);
    if (found !== undefined) return found;
  }
  return undefined;
}

function unsupported(field: ArrowField): QueryError {
  const name = field.type.kind === 'unsupported' ? field.type.name : field.type.kind;
  return new QueryError(
    'unsupported-format', `Cannot read the Arrow column "${field.name}": nothing reads its ${name}, wanted a plain type`,
  );
}

/** What is out of range in the metadata is bad input. */
function guarded<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new QueryError('bad-input', `Cannot read an Arrow stream: ${error.message}, wanted a whole one`, {}, { cause: error });
  }
}
