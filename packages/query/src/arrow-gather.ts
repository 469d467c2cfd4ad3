import type { ArrowColumn } from './arrow-ipc-read.ts';
import { QueryError } from './errors.ts';

/** The values that rows `from` to `from + count` of a column of indexes stand for, as a column of their own. */
export function gather(indexes: ArrowColumn, values: ArrowColumn, from: number, count: number): ArrowColumn {
  const rows = readIndexes(indexes, from, count);
  const validity = new Uint8Array((count + 7) >> 3);
  rows.forEach((row, at) => {
    if (row >= values.length) throw bad(indexes, 'an index lies outside of its dictionary');
    const valid = row >= 0 && (values.validity === undefined || (((values.validity[row >> 3] ?? 0) >> (row & 7)) & 1) === 1);
    if (valid) validity[at >> 3] = (validity[at >> 3] ?? 0) | (1 << (at & 7));
  });
  const { dictionary: _, ...field } = indexes.field;
  return { field, length: count, validity, buffers: gatherBuffers(indexes, values, rows), children: [] };
}

/** Rows of the dictionary; -1 for null. */
function readIndexes(column: ArrowColumn, from: number, count: number): number[] {
  const { bits, signed } = column.field.dictionary?.index ?? { bits: 32, signed: true };
  const [buffer = new Uint8Array(0)] = column.buffers;
  const width = bits / 8;
  if ((from + count) * width > buffer.length) throw bad(column, 'a buffer is too short');
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const read = (row: number): number => {
    const at = row * width;
    switch (bits) {
      case 8: return signed ? view.getInt8(at) : view.getUint8(at);
      case 16: return signed ? view.getInt16(at, true) : view.getUint16(at, true);
      case 32: return signed ? view.getInt32(at, true) : view.getUint32(at, true);
      default: return Number(view.getBigInt64(at, true));
    }
  };
  return Array.from({ length: count }, (_, at) => {
    const row = from + at;
    const valid = column.validity === undefined || (((column.validity[row >> 3] ?? 0) >> (row & 7)) & 1) === 1;
    return valid ? read(row) : -1;
  });
}

function gatherBuffers(indexes: ArrowColumn, values: ArrowColumn, rows: readonly number[]): readonly Uint8Array[] {
  const { type } = values.field;
  const [first = new Uint8Array(0), second = new Uint8Array(0)] = values.buffers;
  switch (type.kind) {
    case 'utf8': case 'binary': case 'large-utf8': case 'large-binary':
      return gatherBytes(first, second, rows, type.kind.startsWith('large'));
    case 'utf8-view': case 'binary-view': return [gatherFixed(first, rows, 16), ...values.buffers.slice(1)];
    case 'int': case 'float': case 'decimal': return [gatherFixed(first, rows, type.bits / 8)];
    case 'fixed-binary': return [gatherFixed(first, rows, type.bytes)];
    case 'date': return [gatherFixed(first, rows, type.unit === 'day' ? 4 : 8)];
    case 'time': return [gatherFixed(first, rows, type.unit === 's' || type.unit === 'ms' ? 4 : 8)];
    case 'timestamp': case 'duration': return [gatherFixed(first, rows, 8)];
    case 'interval': return [gatherFixed(first, rows, type.unit === 'months' ? 4 : type.unit === 'day-time' ? 8 : 16)];
    case 'null': return [];
    case 'bool': {
      const out = new Uint8Array((rows.length + 7) >> 3);
      rows.forEach((row, at) => {
        if (row >= 0 && (((first[row >> 3] ?? 0) >> (row & 7)) & 1) === 1) out[at >> 3] = (out[at >> 3] ?? 0) | (1 << (at & 7));
      });
      return [out];
    }
    case 'list': case 'large-list': case 'fixed-list': case 'struct': case 'map': case 'unsupported':
      throw new QueryError(
        'unsupported-format', `Cannot read the Arrow column "${indexes.field.name}": its dictionary is nested, wanted plain values`,
      );
  }
}

function gatherFixed(source: Uint8Array, rows: readonly number[], bytes: number): Uint8Array {
  const out = new Uint8Array(rows.length * bytes);
  rows.forEach((row, at) => {
    if (row >= 0) out.set(source.subarray(row * bytes, (row + 1) * bytes), at * bytes);
  });
  return out;
}

function gatherBytes(offsets: Uint8Array, source: Uint8Array, rows: readonly number[], large: boolean): readonly Uint8Array[] {
  const view = new DataView(offsets.buffer, offsets.byteOffset, offsets.byteLength);
  const at = (row: number): number => (large ? Number(view.getBigInt64(row * 8, true)) : view.getInt32(row * 4, true));
  const pieces = rows.map((row) => (row < 0 ? source.subarray(0, 0) : source.subarray(at(row), at(row + 1))));
  const out = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  const ends = large ? new BigInt64Array(rows.length + 1) : new Int32Array(rows.length + 1);
  let end = 0;
  pieces.forEach((piece, index) => {
    out.set(piece, end);
    end += piece.length;
    if (ends instanceof BigInt64Array) ends[index + 1] = BigInt(end);
    else ends[index + 1] = end;
  });
  return [new Uint8Array(ends.buffer), out];
}

function bad(column: ArrowColumn, what: string): QueryError {
  return new QueryError('bad-input', `Cannot read the Arrow column "${column.field.name}": ${what}, wanted a whole stream`);
}
