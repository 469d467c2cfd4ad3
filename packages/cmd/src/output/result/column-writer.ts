import { type ByteSink, putAscii, putByte, putDigits, putInteger, putText } from '../byte-sink.ts';
import { civilText, dateText, instantText, timestampText } from '../civil.ts';
import { decimalText, doubleText, floatText } from '../number-text.ts';
import { type RawVector, rawVector, type ResultVector } from './source.ts';
import { bytesWriter, escapeText, type TextEscape } from '../text-escape.ts';
import type { DuckType } from './type.ts';
import { jsonDecimal, valueJson, valueText } from './value.ts';

/** Writes the cell of a row at the end of the sink. */
export type PutCell = (row: number) => void;

/** From the vector of a chunk to the writer of its cells. */
export type ColumnWriter = (vector: ResultVector, rows: number) => PutCell;

/** Writes values that are there, from the memory of a vector. */
type RawWriter = (sink: ByteSink, escape: TextEscape, bytes: DataView) => PutCell;

interface Layout {
  /** Bytes a value. */
  readonly width: number;
  readonly write: RawWriter;
}

const TWO_32 = 4_294_967_296;
const MICROS_PER_DAY = 86_400_000_000;
const ZERO = 48;
const MINUS = 45;
const POINT = 46;
const QUOTE = 34;

/**
 * The writer of a column for a text format. The types that measurements are made of are written from the memory of the
 * vector; all others by way of their text, which is the same (`valueText`, `valueJson`).
 */
export function columnWriter(type: DuckType, escape: TextEscape, sink: ByteSink): ColumnWriter {
  const layout = layoutOf(type);
  const general = generalWriter(type, escape, sink);
  const putNull = escape === 'json' ? (): void => putAscii(sink, 'null') : (): void => undefined;
  return (vector, rows) => {
    const raw = layout === undefined ? undefined : rawVector(vector, layout.width, rows);
    if (raw === undefined || layout === undefined) {
      return (row) => {
        const value = vector.getItem(row);
        if (value === null || value === undefined) putNull();
        else general(value);
      };
    }
    const put = type.name === 'VARCHAR' ? textWriter(sink, escape, raw, vector) : layout.write(sink, escape, raw.bytes);
    const { valid } = raw;
    if (valid === undefined) return put;
    return (row) => {
      if (((valid[row >> 3] ?? 0) >> (row & 7) & 1) === 1) put(row);
      else putNull();
    };
  };
}

function generalWriter(type: DuckType, escape: TextEscape, sink: ByteSink): (value: unknown) => void {
  if (escape === 'json') {
    const json = valueJson(type);
    return (value) => putText(sink, json(value));
  }
  const text = valueText(type);
  const escaped = escapeText(escape);
  return (value) => putText(sink, escaped(text(value)));
}

function layoutOf({ name, sizes }: DuckType): Layout | undefined {
  if (name !== 'DECIMAL') return LAYOUTS[name];
  const [width = 18, scale = 3] = sizes;
  if (width <= 4) return { width: 2, write: decimals((bytes, row) => bytes.getInt16(row * 2, true), scale) };
  if (width <= 9) return { width: 4, write: decimals((bytes, row) => bytes.getInt32(row * 4, true), scale) };
  return width <= 18 ? { width: 8, write: wideDecimals(scale) } : undefined;
}

const LAYOUTS: Readonly<Record<string, Layout>> = {
  BOOLEAN: { width: 1, write: (sink, _escape, bytes) => (row) => putAscii(sink, bytes.getUint8(row) === 0 ? 'false' : 'true') },
  TINYINT: { width: 1, write: (sink, _escape, bytes) => (row) => putInteger(sink, bytes.getInt8(row)) },
  UTINYINT: { width: 1, write: (sink, _escape, bytes) => (row) => putInteger(sink, bytes.getUint8(row)) },
  SMALLINT: { width: 2, write: (sink, _escape, bytes) => (row) => putInteger(sink, bytes.getInt16(row * 2, true)) },
  USMALLINT: { width: 2, write: (sink, _escape, bytes) => (row) => putInteger(sink, bytes.getUint16(row * 2, true)) },
  INTEGER: { width: 4, write: (sink, _escape, bytes) => (row) => putInteger(sink, bytes.getInt32(row * 4, true)) },
  UINTEGER: { width: 4, write: (sink, _escape, bytes) => (row) => putInteger(sink, bytes.getUint32(row * 4, true)) },
  BIGINT: { width: 8, write: longs(false) },
  UBIGINT: { width: 8, write: longs(true) },
  FLOAT: {
    width: 4,
    write: (sink, escape, bytes) => (row) => {
      const value = bytes.getFloat32(row * 4, true);
      if (escape === 'json' && !Number.isFinite(value)) putAscii(sink, 'null');
      else putAscii(sink, floatText(value));
    },
  },
  DOUBLE: { width: 8, write: (sink, escape, bytes) => (row) => putDouble(sink, bytes.getFloat64(row * 8, true), escape) },
  DATE: { width: 4, write: dates },
  TIMESTAMP: { width: 8, write: timestamps(false) },
  'TIMESTAMP WITH TIME ZONE': { width: 8, write: timestamps(true) },
  VARCHAR: { width: 16, write: () => () => undefined },
};

function longs(unsigned: boolean): RawWriter {
  return (sink, escape, bytes) => (row) => {
    const at = row * 8;
    const high = unsigned ? bytes.getUint32(at + 4, true) : bytes.getInt32(at + 4, true);
    // Within the safe integers of a double.
    if (high < 0x20_0000 && high >= -0x20_0000) {
      const value = high * TWO_32 + bytes.getUint32(at, true);
      if (Number.isSafeInteger(value)) {
        putInteger(sink, value);
        return;
      }
    }
    const text = String(unsigned ? bytes.getBigUint64(at, true) : bytes.getBigInt64(at, true));
    putAscii(sink, escape === 'json' ? `"${text}"` : text);
  };
}

const SHORT_DECIMALS = 1e6;
const SHORT_LIMIT = 1e9;

/**
 * A double that is a decimal of at most six places and fifteen digits is written as that: the quotient of two exact doubles
 * is rounded correctly, so equality says that the decimal reads back as this very double, and no shorter one can.
 */
function putDouble(sink: ByteSink, value: number, escape: TextEscape): void {
  const size = Math.abs(value);
  if (size < SHORT_LIMIT && size >= 1e-6) {
    const scaled = Math.round(size * SHORT_DECIMALS);
    if (scaled / SHORT_DECIMALS === size) {
      if (value < 0) putByte(sink, MINUS);
      const whole = Math.floor(scaled / SHORT_DECIMALS);
      putDigits(sink, whole, 1);
      putFraction(sink, scaled - whole * SHORT_DECIMALS, 6);
      return;
    }
  }
  if (escape === 'json' && !Number.isFinite(value)) putAscii(sink, 'null');
  else putAscii(sink, doubleText(value));
}

/** A point and so many digits without the zeros at their end; nothing for zero. */
function putFraction(sink: ByteSink, fraction: number, digits: number): void {
  if (fraction === 0) return;
  putByte(sink, POINT);
  putDigits(sink, fraction, digits);
  while (sink.bytes[sink.end - 1] === ZERO) sink.end--;
}

function decimals(unscaled: (bytes: DataView, row: number) => number, scale: number): RawWriter {
  return (sink, _escape, bytes) => (row) => putDecimal(sink, unscaled(bytes, row), scale);
}

function wideDecimals(scale: number): RawWriter {
  return (sink, escape, bytes) => (row) => {
    const at = row * 8;
    const value = bytes.getInt32(at + 4, true) * TWO_32 + bytes.getUint32(at, true);
    if (Math.abs(value) < 1e15 && scale <= 15) {
      putDecimal(sink, value, scale);
      return;
    }
    const text = decimalText(bytes.getBigInt64(at, true), scale);
    putAscii(sink, escape === 'json' ? jsonDecimal(text) : text);
  };
}

function putDecimal(sink: ByteSink, unscaled: number, scale: number): void {
  if (unscaled < 0) putByte(sink, MINUS);
  const size = Math.abs(unscaled);
  const power = 10 ** scale;
  const whole = Math.floor(size / power);
  putDigits(sink, whole, 1);
  if (scale === 0) return;
  putByte(sink, POINT);
  putDigits(sink, size - whole * power, scale);
}

function dates(sink: ByteSink, escape: TextEscape, bytes: DataView): PutCell {
  let lastDay = Number.NaN;
  let text = '';
  return (row) => {
    const day = bytes.getInt32(row * 4, true);
    if (day !== lastDay) {
      lastDay = day;
      text = escape === 'json' ? `"${dateText(day)}"` : dateText(day);
    }
    putAscii(sink, text);
  };
}

/** Microseconds since 1970; neighbours mostly share their day. */
function timestamps(isInstant: boolean): RawWriter {
  const general = isInstant ? instantText : (micros: bigint): string => timestampText(micros, 6);
  return (sink, escape, bytes) => {
    let lastDay = Number.NaN;
    let dayText = '';
    const isJson = escape === 'json';
    return (row) => {
      const at = row * 8;
      const micros = bytes.getInt32(at + 4, true) * TWO_32 + bytes.getUint32(at, true);
      if (isJson) putByte(sink, QUOTE);
      if (Number.isSafeInteger(micros)) {
        const day = Math.floor(micros / MICROS_PER_DAY);
        if (day !== lastDay) {
          lastDay = day;
          dayText = `${civilText(day)}T`;
        }
        putAscii(sink, dayText);
        putClock(sink, micros - day * MICROS_PER_DAY);
        if (isInstant) putByte(sink, 90);
      } else {
        putAscii(sink, general(bytes.getBigInt64(at, true)));
      }
      if (isJson) putByte(sink, QUOTE);
    };
  };
}

function putClock(sink: ByteSink, sinceMidnight: number): void {
  const seconds = Math.floor(sinceMidnight / 1_000_000);
  const minutes = (seconds / 60) | 0;
  putDigits(sink, (minutes / 60) | 0, 2);
  putByte(sink, 58);
  putDigits(sink, minutes % 60, 2);
  putByte(sink, 58);
  putDigits(sink, seconds % 60, 2);
  putFraction(sink, sinceMidnight - seconds * 1_000_000, 6);
}

/** The length of a text that lies in its vector's own 16 bytes, behind the 4 of the length. */
const INLINE_LENGTH = 12;

function textWriter(sink: ByteSink, escape: TextEscape, { bytes }: RawVector, vector: ResultVector): PutCell {
  const memory = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const put = bytesWriter(sink, escape);
  const escaped = escapeText(escape);
  return (row) => {
    const at = row * 16;
    const length = bytes.getUint32(at, true);
    if (length <= INLINE_LENGTH) put(memory, at + 4, length);
    else putText(sink, escaped(String(vector.getItem(row))));
  };
}
