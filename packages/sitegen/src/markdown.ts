import hljs from 'highlight.js/lib/common';
import MarkdownIt from 'markdown-it';
import anchor from 'markdown-it-anchor';
import footnote from 'markdown-it-footnote';
import taskLists from 'markdown-it-task-lists';
import { escapeHtml } from './html.ts';

export interface Heading {
  readonly level: number;
  readonly id: string;
  readonly text: string;
}

export interface Rendered {
  readonly markup: string;
  readonly headings: readonly Heading[];
}

/**
 * CommonMark with tables, strikethrough, task lists, footnotes, anchors of headings and code coloured at build time. HTML of the author
 * passes.
 */
export function renderMarkdown(text: string): Rendered {
  const headings: Heading[] = [];
  const markdown = new MarkdownIt({
    html: true, linkify: true, typographer: false,
    highlight: (code, language) => (hljs.getLanguage(language) === undefined
      ? escapeHtml(code) : hljs.highlight(code, { language, ignoreIllegals: true }).value),
  });
  markdown.use(footnote).use(taskLists, { label: true }).use(anchor, {
    tabIndex: false,
    callback: ({ tag }: { readonly tag: string }, { slug, title }: { readonly slug: string; readonly title: string }) => {
      headings.push({ level: Number(tag.slice(1)), id: slug, text: title });
    },
  });
  const { table_open: open, table_close: close } = markdown.renderer.rules;
  markdown.renderer.rules['table_open'] = (tokens, at, options, env, self) =>
    `<div class="scroll" tabindex="0" role="region" aria-label="Table">${
      open?.(tokens, at, options, env, self) ?? self.renderToken(tokens, at, options)}`;
  markdown.renderer.rules['table_close'] = (tokens, at, options, env, self) =>
    `${close?.(tokens, at, options, env, self) ?? self.renderToken(tokens, at, options)}</div>`;
  return { markup: markdown.render(text), headings };
}
