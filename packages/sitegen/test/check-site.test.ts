import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkSite } from '../src/check-site.ts';

let directory: string;
beforeEach(() => { directory = mkdtempSync(join(tmpdir(), 'duckpond-check-')); });
afterEach(() => { rmSync(directory, { recursive: true, force: true }); });

const put = (path: string, text: string): void => {
  mkdirSync(dirname(join(directory, path)), { recursive: true });
  writeFileSync(join(directory, path), text);
};
const page = (body: string, head = '<title>T</title>'): string => `<!doctype html><html lang="en"><head>${head}</head><body>${body}</body></html>`;
const found = () => checkSite(directory).problems.map(({ page: path, rule, what }) => `${path} ${rule}: ${what}`);

it('a page that is as it should be has no problems', () => {
  put('a b/index.html', page('<h1 id="x">A</h1><a href="../">Home</a><a href="#x">Here</a><a href="#t=1,2">View</a>'));
  put('index.html', page('<h1>H</h1><a href="a%20b/#x"><img src="p.png" alt="A"></a><label for="q">Q</label><input id="q">'
    + '<a href="https://example.org/">Elsewhere</a>', '<title>T</title><link rel="icon" href="p.png">'));
  put('p.png', '');
  expect(checkSite(directory)).toEqual({ pages: 2, problems: [] });
});

it('each rule finds what it is there for', () => {
  put('index.html', page('<h1>H</h1><h3>Deep</h3><a href="gone/">Gone</a><a href="#none">None</a><img src="no.png"><button></button>'
    + '<input id="a"><p id="a"></p><script src="https://cdn.example.org/x.js"></script><a href="/root">Root</a>'));
  put('other.html', '<html><body></body></html>');
  expect(found()).toEqual([
    'index.html heading: h3 follows h1', 'index.html alternative: the picture no.png has no alternative text', 'index.html name: button has no words',
    'index.html duplicate-id: a', 'index.html name: input has no label', 'index.html link: gone/ leads nowhere',
    'index.html link: #none: there is no part of that name', 'index.html asset: no.png leads nowhere',
    'index.html foreign: loads https://cdn.example.org/x.js', 'index.html link: /root is no address that is relative to the page',
    'other.html language: the page does not say its language', 'other.html title: the page has no title',
    'other.html heading: 0 headings of the first level, one was wanted',
  ]);
});

it('a directory without pages is refused', () => {
  expect(() => checkSite(join(directory, 'none'))).toThrow(/no pages in it/);
});
