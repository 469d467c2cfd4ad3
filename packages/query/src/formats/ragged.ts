/** How a text is delimited. */
export interface Dialect {
  /** The one of these that the first line has most of is taken. */
  readonly delimiters: readonly string[];
  readonly quote: string;
  readonly escape: string;
  /** Lines before the first one that counts. */
  readonly skip: number;
}

export interface RaggedLine {
  /** Where the record begins, counted from 1. */
  readonly line: number;
  readonly fields: number;
  readonly expected: number;
}

const MAX_RECORD = 64 * 1024 * 1024;

/** The first record whose number of fields is not that of the first one; undefined when there is none. Empty lines do not count. */
export async function findRaggedLine(bytes: AsyncIterable<Uint8Array>, dialect: Dialect): Promise<RaggedLine | undefined> {
  const decoder = new TextDecoder('latin1');
  let number = 0;
  let rest = '';
  let shape: { readonly delimiter: string; readonly fields: number } | undefined;
  let record = '';
  let start = 0;
  const take = (line: string): RaggedLine | undefined => {
    number += 1;
    if (number <= dialect.skip) return undefined;
    if (record === '') start = number;
    record += record === '' ? line : `\n${line}`;
    if (isOpen(record, dialect) && record.length < MAX_RECORD) return undefined;
    const text = record.endsWith('\r') ? record.slice(0, -1) : record;
    record = '';
    if (text === '') return undefined;
    if (shape === undefined) {
      const delimiter = [...dialect.delimiters].sort((a, b) => fieldsOf(text, b, dialect) - fieldsOf(text, a, dialect))[0] ?? ',';
      shape = { delimiter, fields: fieldsOf(text, delimiter, dialect) };
      return undefined;
    }
    const fields = fieldsOf(text, shape.delimiter, dialect);
    return fields === shape.fields ? undefined : { line: start, fields, expected: shape.fields };
  };
  for await (const piece of bytes) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const found = take(line);
      if (found !== undefined) return found;
    }
    if (rest.length > MAX_RECORD) return undefined;
  }
  return rest === '' ? undefined : take(rest);
}

/** Whether a quote is still open at the end of the text. */
function isOpen(text: string, { quote, escape }: Dialect): boolean {
  if (quote === '' || !text.includes(quote)) return false;
  let open = false;
  for (let at = 0; at < text.length; at += 1) {
    if (open && escape !== quote && text[at] === escape) at += 1;
    else if (text[at] === quote) open = !open;
  }
  return open;
}

function fieldsOf(text: string, delimiter: string, { quote, escape }: Dialect): number {
  let fields = 1;
  let open = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (open && escape !== quote && char === escape) at += 1;
    else if (quote !== '' && char === quote) open = !open;
    else if (!open && text.startsWith(delimiter, at)) fields += 1;
  }
  return fields;
}
