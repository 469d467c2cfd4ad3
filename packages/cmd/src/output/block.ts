import type { Output } from '../effects.ts';

const BLOCK_LENGTH = 64 * 1024;

/** Collects small texts and hands them on in large blocks. */
export interface Block {
  /** Undefined while the text only has been collected, so that a caller need not wait for every row. */
  add(text: string): Promise<void> | undefined;
  flush(): Promise<void>;
}

export function createBlock(out: Output): Block {
  let parts: string[] = [];
  let length = 0;
  const flush = async (): Promise<void> => {
    if (parts.length === 0) return;
    const text = parts.join('');
    parts = [];
    length = 0;
    await out.write(text);
  };
  return {
    add(text) {
      parts.push(text);
      length += text.length;
      return length >= BLOCK_LENGTH ? flush() : undefined;
    },
    flush,
  };
}
