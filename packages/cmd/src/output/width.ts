import type stringWidth from 'string-width';

let wide: typeof stringWidth | undefined;
let graphemes: Intl.Segmenter | undefined;

/** Loads what measures text beyond ASCII: 10 ms that most tables do not need. Must have been awaited before such text is measured. */
export async function loadWide(): Promise<void> {
  wide ??= (await import('string-width')).default;
  graphemes ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
}

/** How many cells of a terminal a printable text takes. */
export function textWidth(text: string): number {
  return wide === undefined ? text.length : wide(text);
}

/** The text when it fits, otherwise its beginning and `…`; characters are never split. */
export function cutToWidth(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  if (graphemes === undefined) return `${text.slice(0, Math.max(0, width - 1))}…`;
  let used = 0;
  let kept = '';
  for (const { segment } of graphemes.segment(text)) {
    used += textWidth(segment);
    if (used > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}
