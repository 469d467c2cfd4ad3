import { type ByteSink, putByte, putText, reserve } from './byte-sink.ts';

/** How a text becomes part of a line of a format. */
export type TextEscape = 'csv' | 'tsv' | 'json';

const TSV_ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** RFC 4180: quoted when it must be, and when it is empty (null is the empty field) or has white space at an end. */
export function escapeCsv(text: string): string {
  return text === '' || /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Tab, line ends and backslash as `\t`, `\n`, `\r`, `\\`. */
export function escapeTsv(text: string): string {
  return text.replace(/[\\\t\n\r]/g, (mark) => TSV_ESCAPES[mark] ?? mark);
}

const ESCAPES: Readonly<Record<TextEscape, (text: string) => string>> = { csv: escapeCsv, tsv: escapeTsv, json: JSON.stringify };

export function escapeText(escape: TextEscape): (text: string) => string {
  return ESCAPES[escape];
}

/** Which bytes of ASCII a format has to look at twice. */
const SPECIAL: Readonly<Record<TextEscape, Uint8Array>> = { csv: marks('",'), tsv: marks('\\'), json: marks('"\\') };

function marks(text: string): Uint8Array {
  const table = new Uint8Array(256);
  for (let code = 0; code < 32; code++) table[code] = 1;
  for (const mark of text) table[mark.charCodeAt(0)] = 1;
  return table;
}

/**
 * Writes UTF-8 bytes escaped. Bytes that mean nothing to the format are copied as they are scanned; a text with any other
 * is decoded and takes the same way as everywhere else.
 */
export function bytesWriter(sink: ByteSink, escape: TextEscape): (source: Uint8Array, start: number, length: number) => void {
  const special = SPECIAL[escape];
  const slow = escapeText(escape);
  const isJson = escape === 'json';
  const isCsv = escape === 'csv';
  return (source, start, length) => {
    reserve(sink, length + 2);
    const { bytes, end } = sink;
    let at = end;
    if (isJson) bytes[at++] = 34;
    let plain = true;
    for (let index = start; index < start + length; index++) {
      const byte = source[index] ?? 0;
      if (special[byte] === 1) {
        plain = false;
        break;
      }
      bytes[at++] = byte;
    }
    if (plain && isCsv) {
      const first = source[start] ?? 0;
      const last = source[start + length - 1] ?? 0;
      // White space beyond ASCII is left to the way of texts.
      plain = length > 0 && first > 32 && first < 128 && last > 32 && last < 128;
    }
    sink.end = at;
    if (plain) {
      if (isJson) putByte(sink, 34);
      return;
    }
    sink.end = end;
    putText(sink, slow(Buffer.from(source.buffer, source.byteOffset + start, length).toString('utf8')));
  };
}
