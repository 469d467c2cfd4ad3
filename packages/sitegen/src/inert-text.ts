/**
 * Values on their way through Markdown: each is a mark in private characters, to which no language of markup gives a meaning, and is put
 * in behind the Markdown as the text that it is.
 */
export interface InertTexts {
  /** The mark that stands for a text. */
  hide(text: string): string;
  /** Markup with the texts for their marks; `written` is how a text is written there. */
  show(markup: string, written: (text: string) => string): string;
}

const OPEN = '\uE000';
const CLOSE = '\uE001';
const MARK = new RegExp(`(?:${OPEN}|${encodeURIComponent(OPEN)})(\\d+)(?:${CLOSE}|${encodeURIComponent(CLOSE)})`, 'gi');

export function createInertTexts(): InertTexts {
  const texts: string[] = [];
  return {
    hide(text) {
      // What is only letters and digits has no meaning, and words stay words to whoever looks at them.
      if (/^[\p{L}\p{N}]+$/u.test(text)) return text;
      return `${OPEN}${texts.push(text) - 1}${CLOSE}`;
    },
    show: (markup, written) => markup.replace(MARK, (whole, index: string) => {
      const text = texts[Number(index)];
      return text === undefined ? whole : written(text);
    }),
  };
}
