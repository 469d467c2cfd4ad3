import type { ContentOptions } from './node-reader.ts';

/** The part of some bytes that a range asks for, cut at their end; stops asking for more when it has it. */
export async function* cutRange(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, range: ContentOptions['range'],
): AsyncIterable<Uint8Array> {
  const { start, end } = range ?? { start: 0, end: Infinity };
  if (start >= end) return;
  let position = 0;
  for await (const chunk of chunks) {
    const from = Math.max(start - position, 0);
    const to = Math.min(end - position, chunk.length);
    position += chunk.length;
    if (from < to) yield chunk.subarray(from, to);
    if (position >= end) return;
  }
}
