/** Text that is markup already: made by `html`, or by a renderer whose output is trusted. */
export interface Html {
  readonly markup: string;
}

type Piece = string | number | Html | undefined | readonly (string | number | Html | undefined)[];

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** A text as the content of an element or of an attribute in quotes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}

/** Markup with values in it: each is escaped unless it is markup itself; undefined is nothing; lists are joined. */
export function html(texts: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  return { markup: texts.map((text, at) => text + markupOf(pieces[at])).join('') };
}

/** Markup that someone else has made. */
export function trusted(markup: string): Html {
  return { markup };
}

function markupOf(piece: Piece): string {
  if (piece === undefined) return '';
  if (typeof piece === 'string') return escapeHtml(piece);
  if (typeof piece === 'number') return String(piece);
  return 'markup' in piece ? piece.markup : piece.map(markupOf).join('');
}

const IN_SCRIPT = /[<>&\u2028\u2029]/g;

/** JSON for a script element: nothing in it can end the element, or begin another. */
export function jsonForScript(value: unknown): Html {
  const text = JSON.stringify(value).replace(IN_SCRIPT, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return { markup: text };
}
