/** A line of text with its number, counted from 1. */
export interface Line {
  readonly text: string;
  readonly number: number;
}

/** Lines longer than this are an error for the formats that are read line by line in JavaScript. */
export const MAX_LINE_BYTES: number = 64 * 1024 * 1024;

/** The lines of a UTF-8 text, without their ends. Throws what `tooLong` makes of a line that is longer than `MAX_LINE_BYTES`. */
export async function* linesOf(bytes: AsyncIterable<Uint8Array>, tooLong: (line: number) => Error): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: false });
  let rest: string[] = [];
  let restLength = 0;
  let number = 1;
  for await (const piece of bytes) {
    const pieces = decoder.decode(piece, { stream: true }).split('\n');
    const last = pieces.pop() ?? '';
    for (const text of pieces) {
      yield { text: withoutReturn(rest.join('') + text), number };
      rest = [];
      restLength = 0;
      number += 1;
    }
    rest.push(last);
    restLength += last.length;
    if (restLength > MAX_LINE_BYTES) throw tooLong(number);
  }
  const text = rest.join('') + decoder.decode();
  if (text !== '') yield { text: withoutReturn(text), number };
}

function withoutReturn(text: string): string {
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}
