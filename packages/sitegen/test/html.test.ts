import fc from 'fast-check';
import { expect, it } from 'vitest';
import { escapeHtml, html, jsonForScript, trusted } from '../src/html.ts';

it('html escapes what it is given, but for markup', () => {
  expect(html`<a title="${'"><script>'}">${['a & b', html`<b>${1}</b>`, undefined]}</a>`.markup)
    .toBe('<a title="&quot;&gt;&lt;script&gt;">a &amp; b<b>1</b></a>');
  expect(html`${trusted('<i>')}`.markup).toBe('<i>');
});

it('escapeHtml() leaves nothing that markup is made of', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
    expect(escapeHtml(text)).not.toMatch(/[<>"']/);
  }));
});

it('jsonForScript() is JSON of the same value, and cannot end its element', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const { markup } = jsonForScript(value);
    expect(JSON.parse(markup)).toEqual(JSON.parse(JSON.stringify(value)));
    expect(markup).not.toMatch(/[<>&\u2028\u2029]/);
  }));
  expect(jsonForScript('</script><!--').markup).toBe('"\\u003c/script\\u003e\\u003c!--"');
});
