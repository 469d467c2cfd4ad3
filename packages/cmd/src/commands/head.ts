import type { Context } from '../context.ts';
import { contentOf } from './cat.ts';
import { matches } from '../matches.ts';
import { readPond } from '../open-pond.ts';

const LINE_FEED = 10;

export async function run(
  context: Context,
  { path }: { path: string },
  { lines, bytes }: { lines: number | undefined; bytes: number | undefined },
): Promise<void> {
  await readPond(context, async (root) => {
    for await (const match of matches(root, path, { follow: true })) {
      const content = contentOf(root, match, false);
      const beginning = bytes === undefined ? firstLines(content, lines ?? 10) : firstBytes(content, bytes);
      for await (const part of beginning) await context.out.write(part);
    }
  });
}

async function* firstBytes(content: AsyncIterable<Uint8Array>, count: number): AsyncIterable<Uint8Array> {
  let left = count;
  if (left === 0) return;
  for await (const chunk of content) {
    yield chunk.subarray(0, left);
    left -= chunk.length;
    if (left <= 0) return;
  }
}

async function* firstLines(content: AsyncIterable<Uint8Array>, count: number): AsyncIterable<Uint8Array> {
  let left = count;
  if (left === 0) return;
  for await (const chunk of content) {
    let end = 0;
    while (left > 0) {
      const next = chunk.indexOf(LINE_FEED, end);
      if (next === -1) break;
      end = next + 1;
      left--;
    }
    yield left === 0 ? chunk.subarray(0, end) : chunk;
    if (left === 0) return;
  }
}
