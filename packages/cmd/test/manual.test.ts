import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { COMMANDS, findCommand } from '../src/commands.ts';
import { commandHelp, summaryHelp } from '../src/help.ts';
import { docPages, manPages } from '../src/manual.ts';
import { VERSION } from '../src/version.ts';
import { run } from './fake-effects.ts';

const docs = new URL('../../../docs/cli/', import.meta.url);

test('VERSION is the version of the package', () => {
  expect(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))).toMatchObject({ version: VERSION });
});

test('the package installs every man page', () => {
  const manifest: { man: string[] } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  expect(manifest.man).toEqual(Object.keys(manPages).sort().map((name) => `./dist/man/${name}`));
});

test('docs/cli is what the command table says (node packages/cmd/generate-docs.mjs)', () => {
  expect(existsSync(docs) ? readdirSync(docs).sort() : []).toEqual(Object.keys(docPages).sort());
  for (const [name, text] of Object.entries(docPages)) expect(readFileSync(new URL(name, docs), 'utf8')).toBe(text);
});

test('every command has an example that names it, and ends its summary without a full stop', () => {
  for (const { name, examples, summary } of COMMANDS) {
    expect(examples.length, name).toBeGreaterThan(0);
    for (const { line } of examples) expect(line).toMatch(new RegExp(`\\bpond\\b.*\\b${name}\\b`));
    expect(summary).toMatch(/^[A-Z].*[^.]$/);
  }
});

test('no two commands, aliases or options of a command have the same name', () => {
  const names = COMMANDS.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, options } of COMMANDS) {
    const flags = Object.values(options).flatMap(({ long, short, alias }) => [`--${long}`, ...(short ? [`-${short}`] : []), ...(alias ? [`--${alias}`] : [])]);
    expect(new Set(flags).size, name).toBe(flags.length);
  }
});

test('every command loads its handler', async () => {
  for (const { name } of COMMANDS) expect(findCommand(COMMANDS, name.split(' '))?.command.name).toBe(name);
});

test('man pages have the sections people look for and start no line with a stray request', async () => {
  expect(Object.keys(manPages)).toContain('pond-config-set.1');
  for (const text of Object.values(manPages)) {
    expect(text).toMatch(/^\.TH "POND[^]*\.SH NAME[^]*\.SH SYNOPSIS[^]*\.SH EXIT STATUS/);
    for (const line of text.split('\n')) expect(line).toMatch(/^(?!\.(?!TH |SH |B |BR |TP$|PP$|nf$|fi$)|')/);
  }
  expect((await run(['help', 'list', '--man'])).stdout).toBe(manPages['pond-list.1']);
});

test('no line of a help page is wider than 80 columns', () => {
  for (const page of [summaryHelp(COMMANDS), ...COMMANDS.map(commandHelp)]) {
    expect(page.split('\n').filter((line) => line.length > 80)).toEqual([]);
  }
});
