import fc from 'fast-check';
import { expect, it } from 'vitest';
import { escapeHtml } from '../src/html.ts';
import { createInertTexts } from '../src/inert-text.ts';
import { renderMarkdown } from '../src/markdown.ts';

it('whatever a text is, it goes through Markdown as that text', () => {
  const texts = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('# x', '**b**', '`c`', '[a](b)', '<i>', '1. x', '---', 'http://a.b', '&amp;', '$0', '\\*'));
  fc.assert(fc.property(texts, (text) => {
    const inert = createInertTexts();
    const { markup } = renderMarkdown(`a ${inert.hide(text)} b \`${inert.hide(text)}\``);
    expect(inert.show(markup, escapeHtml)).toBe(`<p>a ${escapeHtml(text)} b <code>${escapeHtml(text)}</code></p>\n`);
  }), { numRuns: 200, examples: [['_a_'], ['<script>']] });
});

it('in an address it is a part of one', () => {
  const inert = createInertTexts();
  const { markup } = renderMarkdown(`[x](../${inert.hide('a b/"c')}/)`);
  expect(markup.replace(/href="([^"]*)"/, (_, address: string) => `href="${inert.show(address, encodeURIComponent)}"`))
    .toBe('<p><a href="../a%20b%2F%22c/">x</a></p>\n');
});
