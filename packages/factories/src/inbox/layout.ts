/** How the lines of a delimited text are made up. */
export interface Layout {
  readonly delimiter: string;
  /** Lines before the header, or before the first row of a file without one. */
  readonly preambleLines: number;
  /** Fields of a row. */
  readonly fields: number;
}

const DELIMITERS: readonly string[] = [';', '\t', ',', '|'];

/** What is known of a layout. With a decimal comma, the comma is no delimiter. */
export interface KnownLayout {
  readonly delimiter?: string;
  readonly preambleLines?: number;
  readonly decimal?: string;
}

/**
 * Finds the rows of a text by its first lines: the longest stretch of lines with the same number of fields, at least two, for one of the
 * delimiters. What is before it is preamble. Undefined when no two fields stand beside each other. Pure.
 */
export function findLayout(lines: readonly string[], known: KnownLayout): Layout | undefined {
  const delimiters = known.delimiter === undefined ? DELIMITERS.filter((one) => one !== known.decimal) : [known.delimiter];
  let best: (Layout & { readonly length: number }) | undefined;
  for (const delimiter of delimiters) {
    const counts = lines.map((line) => (line.trim() === '' ? 0 : fieldCount(line, delimiter)));
    const from = known.preambleLines ?? 0;
    for (let start = from; start < lines.length;) {
      const fields = counts[start] ?? 0;
      let end = start + 1;
      let length = 1;
      for (; end < lines.length && (counts[end] === fields || counts[end] === 0); end++) if (counts[end] === fields) length++;
      const isLonger = best === undefined || length > best.length || (length === best.length && fields > best.fields);
      const isEnough = fields >= 2 || (known.delimiter !== undefined && fields === 1);
      if (isEnough && isLonger) best = { delimiter, preambleLines: start, fields, length };
      if (known.preambleLines !== undefined) break;
      start = end;
    }
  }
  return best === undefined ? undefined : { delimiter: best.delimiter, preambleLines: best.preambleLines, fields: best.fields };
}

/** Fields of a line; delimiters within double quotes are text. */
function fieldCount(line: string, delimiter: string): number {
  let count = 1;
  let isQuoted = false;
  for (const char of line) {
    if (char === '"') isQuoted = !isQuoted;
    else if (char === delimiter && !isQuoted) count++;
  }
  return count;
}

/** A column as its header says it. */
export interface NamedColumn {
  readonly name: string;
  readonly unit: string | undefined;
}

const UNIT_IN_NAME = /^(.*\S)\s*[[(]([^\])]{1,20})[\])]\s*$/s;

/** Names without the units that stand behind them in brackets; names that are missing or repeat get a number. Pure. */
export function namedColumns(header: readonly string[], units: 'in-name' | readonly string[] | undefined): readonly NamedColumn[] {
  const taken = new Set<string>();
  return header.map((text, at) => {
    const clean = text.replace(/\s+/g, ' ').trim();
    const [, before, inName] = units === 'in-name' ? UNIT_IN_NAME.exec(clean) ?? [] : [];
    const unit = typeof units === 'object' ? units[at]?.replace(/^[[(]|[\])]$/g, '').trim() : inName?.trim();
    const base = before ?? (clean === '' ? `column${at + 1}` : clean);
    let name = base;
    for (let number = 1; taken.has(name.toLowerCase()); number++) name = `${base}_${number}`;
    taken.add(name.toLowerCase());
    return { name, unit: unit === '' ? undefined : unit };
  });
}
