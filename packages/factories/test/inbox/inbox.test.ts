import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createPond, type Pond, type RunContext, type RunOutcome } from '@duckpond/pond';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { INBOX } from '../../src/inbox/inbox.ts';

let directory = '';
let pond: Pond;
let now = 0;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'duckpond-inbox-'));
  mkdirSync(join(directory, 'drop'));
  pond = await createPond(join(directory, 'pond'));
  now = Date.now();
});
afterEach(async () => {
  await pond.close();
  rmSync(directory, { recursive: true, force: true });
});

/** A file that was written so many seconds ago. */
function drop(name: string, content: string | Buffer, ageSeconds = 60): void {
  const path = join(directory, 'drop', name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  utimesSync(path, now / 1000 - ageSeconds, now / 1000 - ageSeconds);
}

async function run(rules: string, command = 'collect', args: readonly string[] = []): Promise<RunOutcome & { readonly notes: readonly string[] }> {
  const notes: string[] = [];
  const context: RunContext = {
    pond, path: '/system/run/inbox', config: `source: ${directory}/drop/**\npath: /inbox\n${rules}`, command, args, signal: new AbortController().signal,
    commandLine: ['pond', 'run', 'inbox'], environment: { nowMicros: () => BigInt(Math.round(now)) * 1000n, variable: () => undefined },
    note: (text) => notes.push(text), progress: () => undefined,
  };
  if (!('run' in INBOX)) throw new Error('an executable factory was wanted');
  return { ...await INBOX.run(context), notes };
}

async function rows(sql: string): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const row of (await pond.sql(sql)).rows()) all.push(row);
  return all;
}

async function text(path: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  await pond.read(async (fs) => { for await (const chunk of (await fs.root()).read(path)) chunks.push(chunk); });
  return Buffer.concat(chunks).toString();
}

const MESSY = `Logger 4711;Pegel "Süd"
Exportiert am 03.02.2024

Datum;Zeit;Pegel [m];Temp. (°C);Notiz
31.01.2024;23:30:00;1,25;7,5;ok
01.02.2024;00:30:00;1,5;---;"zwei;
Zeilen"
01.02.2024;kaputt;1,5;7;
01.02.2024;01:30:00;abc;7;
01.02.2024;02:30:00;1
01.07.2024;12:00:00;2;21,5;Sommer
`;
const RULE = `rules:
  - { match: "*.csv", as: series, to: /pegel/$0.series, time: { column: [Datum, Zeit], zone: Europe/Berlin }, text: { decimal: ",", types: { Pegel: number } } }
`;

test('a messy file becomes a series: preamble, encoding, local time, units, decimal commas; what does not fit is put aside by line and reason', async () => {
  drop('sued.csv', Buffer.from(MESSY, 'latin1'));
  const outcome = await run(RULE);
  expect(outcome.items).toEqual([{ file: `${directory}/drop/sued.csv`, path: '/pegel/sued.series', state: 'new', rows: 3, rejected: 3, error: null }]);
  expect(outcome.state).toBe('some-failed');
  expect(await rows(`SELECT timestamp::VARCHAR, Pegel, "Temp.", Notiz FROM '/pegel/sued.series'`)).toEqual([
    ['2024-01-31 22:30:00+00', 1.25, 7.5, 'ok'], ['2024-01-31 23:30:00+00', 1.5, null, 'zwei;\nZeilen'], ['2024-07-01 10:00:00+00', 2, 21.5, 'Sommer'],
  ]);
  const node = await pond.read(async (fs) => (await (await fs.root()).get('/pegel/sued.series')).node);
  expect('tabular' in node ? node.tabular?.columns.map(({ name, unit }) => [name, unit]) : []).toEqual(
    [['timestamp', undefined], ['Pegel', 'm'], ['Temp.', '°C'], ['Notiz', undefined]]);
  expect('tabular' in node ? node.tabular?.timeColumn : '').toBe('timestamp');
  const rejected = (await text('/pegel/sued.series.rejected.ndjson')).trimEnd().split('\n').map((line) => JSON.parse(line) as { line: number; reason: string });
  expect(rejected.map(({ line, reason }) => [line, reason])).toEqual([
    [8, 'the time cannot be read: 01.02.2024 kaputt'], [9, '"Pegel" is no number: abc'], [10, '3 fields, 5 were wanted'],
  ]);
});

test('a file is taken once, its new rows when it has grown, all that is new when it has changed', async () => {
  drop('a.csv', 'time,v\n2024-01-01 00:00:00,1\n2024-01-01 01:00:00,2\n');
  const rules = 'rules: [{ match: "*.csv", as: series, to: /s/$0.series }]\n';
  expect((await run(rules)).items.map(({ state, rows: count }) => [state, count])).toEqual([['new', 2]]);
  const before = (await pond.transaction()).txnSeq;
  expect((await run(rules)).items).toEqual([]);
  expect((await pond.transaction()).txnSeq).toBe(before);
  drop('a.csv', 'time,v\n2024-01-01 00:00:00,1\n2024-01-01 01:00:00,2\n2024-01-01 02:00:00,3\n', 40);
  expect((await run(rules)).items.map(({ state, rows: count }) => [state, count])).toEqual([['changed', 1]]);
  drop('a.csv', 'time,v,w\n2024-01-01 00:00:00,1,\n2024-01-01 01:00:00,5,\n2024-01-01 02:00:00,3,x\n', 30);
  expect((await run(rules)).items.map(({ state, rows: count }) => [state, count])).toEqual([['changed', 2]]);
  expect(await rows(`SELECT time::VARCHAR, v, w FROM '/s/a.series'`)).toEqual([
    ['2024-01-01 00:00:00+00', 1n, null], ['2024-01-01 01:00:00+00', 2n, null], ['2024-01-01 02:00:00+00', 3n, null],
    ['2024-01-01 01:00:00+00', 5n, null], ['2024-01-01 02:00:00+00', 3n, 'x'],
  ]);
});

test('a file that is being written is left for the next run, and one that was only touched is not taken again', async () => {
  drop('a.bin', 'one', 3);
  expect((await run('')).items.map(({ state }) => state)).toEqual(['waiting']);
  now += 60_000;
  expect((await run('')).items.map(({ state }) => state)).toEqual(['new']);
  drop('a.bin', 'one', 20);
  expect((await run('')).items).toEqual([]);
  drop('a.bin', 'two', 15);
  expect((await run('')).items.map(({ state }) => state)).toEqual(['changed']);
  expect(await text('/inbox/a.bin')).toBe('two');
  const node = await pond.read(async (fs) => (await (await fs.root()).get('/inbox/a.bin')).node);
  expect(node.version).toBe(2);
});

test('a table has the rows of the newest file, and other formats are taken by their names', async () => {
  drop('deep/sites.csv', 'site;name\n007;a\n008;b\n');
  drop('deep/more.ndjson', '{"a":1}\n{"a":2}\n');
  const rules = 'rules: [{ match: "deep/*", as: table }]\n';
  expect((await run(rules)).items.map(({ path, rows: count }) => [path, count])).toEqual([['/inbox/deep/more.ndjson.table', 2], ['/inbox/deep/sites.csv.table', 2]]);
  drop('deep/sites.csv', 'site;name\n009;c\n', 20);
  await run(rules);
  expect(await rows(`SELECT * FROM '/inbox/deep/sites.csv.table'`)).toEqual([['009', 'c']]);
});

test('preview tells what a file is taken for, and stores nothing', async () => {
  drop('sued.csv', Buffer.from(MESSY, 'latin1'));
  const before = (await pond.transaction()).txnSeq;
  const { items, notes } = await run(RULE, 'preview', ['sued.csv']);
  expect(items.map(({ column, type, unit, example }) => [column, type, unit, example])).toEqual([
    ['Datum', 'time', null, '31.01.2024'], ['Zeit', 'time', null, '23:30:00'], ['Pegel', 'number', 'm', '1,25'], ['Temp.', 'number', '°C', '7,5'],
    ['Notiz', 'text', null, 'ok'],
  ]);
  expect(notes[0]).toBe(`${directory}/drop/sued.csv: windows-1252, ";" between fields, header at line 4, 3 rows, times as day.month.year, Europe/Berlin`);
  expect(notes[2]).toBe(`${directory}/drop/sued.csv: line 9: "Pegel" is no number: abc`);
  expect((await pond.transaction()).txnSeq).toBe(before);
});

test('times that may be read in two ways are refused until a format is given', async () => {
  drop('a.csv', 'when,v\n01/02/2024 10:00,1\n03/04/2024 10:00,2\n');
  const [item] = (await run('rules: [{ match: "*", as: series }]\n')).items;
  expect(item?.['error']).toContain('its times may be day/month/year or month/day/year');
  const { items } = await run('rules: [{ match: "*", as: series, to: /a.series, time: { format: "%m/%d/%Y %H:%M", zone: America/New_York } }]\n');
  expect(items.map(({ state }) => state)).toEqual(['new']);
  expect(await rows(`SELECT min("when")::VARCHAR FROM '/a.series'`)).toEqual([['2024-01-02 15:00:00+00']]);
});

test('a file that cannot be taken does not stop the others', async () => {
  drop('bad.csv', 'nothing here\n');
  drop('good.csv', 'a,b\n1,2\n');
  const outcome = await run('rules: [{ match: "*.csv", as: table }]\n');
  expect(outcome.items.map(({ state }) => state)).toEqual(['failed', 'new']);
  expect(outcome.items[0]?.['error']).toContain('no line of it has two fields');
  expect(outcome.state).toBe('some-failed');
});

test('a directory that is not there is an error, and a config is checked', async () => {
  rmSync(join(directory, 'drop'), { recursive: true });
  await expect(run('')).rejects.toThrow('cannot be read, it is not there');
  expect(() => INBOX.check('source: drop/*\npath: /i\n')).toThrow(/line 1: source: is "drop\/\*", an absolute pattern was wanted/);
  expect(() => INBOX.check('source: /d/*\npath: /i\nrules: [{ match: "*", to: /x/$1 }]\n')).toThrow(/rules\[0\]\.to/);
  expect(() => INBOX.check(INBOX.definition.example)).not.toThrow();
});

test('links are not followed, and an empty file is no failure', async () => {
  writeFileSync(join(directory, 'secret.csv'), 'a,b\n1,2\n');
  symlinkSync(join(directory, 'secret.csv'), join(directory, 'drop/link.csv'));
  symlinkSync(directory, join(directory, 'drop/up'));
  drop('empty.csv', '');
  const outcome = await run('rules: [{ match: "**", as: table }]\n');
  expect([outcome.state, outcome.items.map(({ file, state }) => [file, state])]).toEqual(['done', [[`${directory}/drop/empty.csv`, 'new']]]);
  expect((await run('rules: [{ match: "**", as: table }]\n')).items).toEqual([]);
});
