import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testPond, type TestPond } from '../fake-effects.ts';

const CSV = 'timestamp,temperature\n2024-01-01T00:00:00Z,10\n2024-01-01T01:00:00Z,20\n';
const WARM = `# Fahrenheit
patterns:
  readings: /a.csv
query: SELECT timestamp, temperature * 9 / 5 + 32 AS f FROM readings
`;

interface Files extends TestPond {
  /** Puts a text beside the pond. */
  readonly file: (name: string, text: string) => string;
}

async function files(): Promise<Files> {
  const made = await testPond();
  await made.ok(['copy', '-', '/a.csv'], CSV);
  return { ...made, file: (name, text) => {
    mkdirSync(join(made.cwd, name, '..'), { recursive: true });
    writeFileSync(join(made.cwd, name), text);
    return name;
  } };
}

describe('pond mknod', () => {
  it('makes a node that queries read, and keeps its config as it was written', async () => {
    const { ok, file, pond } = await files();
    expect(await ok(['mknod', 'sql-derived-series', '/d/warm.series', '--config-path', file('warm.yaml', WARM)])).toBe('');
    expect(await ok(['cat', '/d/warm.series', '--format', 'csv'])).toBe('timestamp,f\n2024-01-01T00:00:00Z,50\n2024-01-01T01:00:00Z,68\n');
    expect(await ok(['sql', "SELECT factory, config FROM pond.nodes WHERE path = '/d/warm.series'", '--format', 'json']))
      .toBe(`${JSON.stringify([{ factory: 'sql-derived-series', config: WARM }]).replace('[{', '[\n{').replace('}]', '}\n]')}\n`);
    expect(await pond(['mknod', 'sql-derived-series', '/d/warm.series', '--config-path', 'warm.yaml'])).toMatchObject({
      code: 1, stderr: expect.stringMatching(/already exists.*\nhint: --overwrite/),
    });
    await ok(['mknod', 'sql-derived-table', '/d/warm.series', '--config-path', 'warm.yaml', '--overwrite']);
    expect(await ok(['list', '/d/*', '--format', 'csv'])).toContain('table');
    expect(await pond(['mknod', 'sql-derived-table', '/a.csv', '--config-path', 'warm.yaml', '--overwrite'])).toMatchObject({
      code: 1, stderr: expect.stringContaining('is a data file, a computed node or a free path was wanted'),
    });
  });

  const BAD_ENTRIES: readonly (readonly [name: string, config: string, message: string])[] = [
    [
      'of an unknown factory',
      'entries: [{ name: a, factory: sql-derived, config: {} }]',
      'the entry "a": factory: there is no factory "sql-derived"',
    ],
    [
      'with a config of their own that is wrong',
      'entries:\n- name: d\n  factory: dynamic-dir\n  config:\n    entries: [{ name: a, factory: sql-derived-table, config: { patterns: {} } }]',
      'the entry "d": the entry "a": patterns: is an empty mapping',
    ],
    [
      'that need each other',
      'entries:\n- { name: a, factory: sql-derived-table, config: { patterns: { x: /d/b } } }\n- { name: b, factory: sql-derived-table, config: { patterns: { x: "/d/[a]" } } }',
      'it needs itself, /d/a -> /d/b -> /d/a',
    ],
  ];

  it('refuses entries of a dynamic-dir that cannot be used', async () => {
    const { pond, file } = await files();
    for (const [name, config, message] of BAD_ENTRIES) {
      const ran = await pond(['mknod', 'dynamic-dir', '/d', '--config-path', file('c.yaml', config)]);
      expect(ran, name).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(message) });
    }
  });

  it('entries of a dynamic-dir may need each other in one direction', async () => {
    const { ok, file } = await files();
    await ok([
      'mknod',
      'dynamic-dir',
      '/d',
      '--config-path',
      file(
        'c.yaml',
        'entries:\n- { name: a, factory: sql-derived-table, config: { patterns: { x: /d/b } } }\n- { name: b, factory: sql-derived-table, config: { patterns: { x: /a.csv } } }',
      ),
    ]);
    expect(await ok(['count', '/d/a'])).toBe('2\n');
  });

  const UNUSABLE: readonly (readonly [name: string, factory: string, config: string, message: string])[] = [
    ['an unknown factory', 'sql-derived-serie', WARM, 'there is no factory "sql-derived-serie", "sql-derived-series" was wanted?'],
    ['an unknown field', 'sql-derived-table', 'pattern: {}\n', 'Cannot use "c.yaml":\n  line 1: patterns: is missing'],
    ['a pattern that matches itself', 'sql-derived-table', 'patterns: { a: "/**" }\n', 'its inputs match the node itself'],
    ['no YAML', 'sql-derived-table', 'a: [', 'Cannot use "c.yaml": line 1: is no YAML'],
    ['no text', 'sql-derived-table', '\ud800', ''],
  ];

  it('refuses what cannot be used and writes nothing', async () => {
    const { pond, ok, file } = await files();
    const before = await ok(['log', '--format', 'csv']);
    for (const [name, factory, config, message] of UNUSABLE) {
      const ran = await pond(['mknod', factory, '/x', '--config-path', file('c.yaml', config)]);
      expect(ran, name).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(message) });
    }
    expect(await ok(['log', '--format', 'csv'])).toBe(before);
  });

  it('refuses a node that needs itself through others, with the way', async () => {
    const { pond, ok, file } = await files();
    const from = (source: string): string => file('c.yaml', `patterns: { a: "${source}" }\n`);
    await ok(['mknod', 'sql-derived-table', '/one/a', '--config-path', from('/two/*')]);
    await ok(['mknod', 'sql-derived-table', '/two/b', '--config-path', from('/three/**')]);
    expect(await pond(['mknod', 'sql-derived-table', '/three/x/c', '--config-path', from('/on?/a')])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('it needs itself, /three/x/c -> /one/a -> /two/b -> /three/x/c, sources outside of it were wanted'),
    });
    await ok(['mknod', 'sql-derived-table', '/three/x/c', '--config-path', from('/a.csv')]);
    expect(await pond(['mknod', 'sql-derived-table', '/three/x/c', '--overwrite', '--config-path', from('/one/a')])).toMatchObject({
      code: 1,
    });
    expect(await ok(['count', '/one/a'])).toBe('2\n');
  });
});

const MANIFEST = `# A pipeline
version: v1
kind: mkdir
metadata: { path: /derived }
---
version: v1
kind: copy
metadata:
  path: /in/b.csv
spec:
  source: data/b.csv
---
version: v1
kind: mknod
metadata:
  path: /derived/warm.series
spec:
  factory: sql-derived-series
  config:
    # as it was written
    patterns:
      readings: /in/*.csv
    query: |
      SELECT timestamp, temperature * 9 / 5 + 32 AS f
      FROM readings
`;

describe('pond apply', () => {
  it('makes what documents ask for in one transaction, and nothing the second time', async () => {
    const { ok, file } = await files();
    file('sub/data/b.csv', CSV);
    file('sub/m.yaml', MANIFEST);
    expect(await ok(['apply', '-f', 'sub/m.yaml', '--dry-run'])).toBe(
      'would create mkdir /derived\nwould create copy /in/b.csv\nwould create mknod /derived/warm.series\n');
    expect(await ok(['apply', '-f', 'sub/m.yaml'])).toBe(
      'created mkdir /derived\ncreated copy /in/b.csv\ncreated mknod /derived/warm.series\n',
    );
    expect(await ok(['apply', '-f', 'sub/m.yaml'])).toBe(
      'unchanged mkdir /derived\nunchanged copy /in/b.csv\nunchanged mknod /derived/warm.series\nno transaction\n');
    expect(JSON.parse(await ok(['log', '--format', 'json']))).toHaveLength(3);
    expect(await ok(['cat', '/derived/warm.series', '--format', 'csv'])).toContain(':00Z,68\n');
    const [{ config }] = JSON.parse(await ok(['sql', "SELECT config FROM pond.nodes WHERE path = '/derived/warm.series'", '--json']));
    expect(config).toBe(
      '# as it was written\npatterns:\n  readings: /in/*.csv\nquery: |\n  SELECT timestamp, temperature * 9 / 5 + 32 AS f\n  FROM readings\n',
    );
    file('sub/m.yaml', MANIFEST.replace('+ 32', '+ 33'));
    expect(await ok(['apply', '-f', 'sub/m.yaml', '--format', 'csv'])).toBe(
      'state,kind,path\nunchanged,mkdir,/derived\nunchanged,copy,/in/b.csv\nupdated,mknod,/derived/warm.series\n');
    expect(await ok(['cat', '/derived/warm.series', '--format', 'csv'])).toContain(':00Z,69\n');
  });

  it('a copy onto something else is refused unless it may overwrite', async () => {
    const { ok, pond, file } = await files();
    const manifest = (more: string): string =>
      file('m.yaml', `version: v1\nkind: copy\nmetadata: { path: /a.csv }\nspec: { source: b.csv${more} }\n`);
    file('b.csv', 'timestamp,temperature\n2024-01-02T00:00:00Z,1\n');
    expect(await pond(['apply', '-f', manifest('')])).toMatchObject({ code: 1, stderr: expect.stringContaining('already exists') });
    expect(await ok(['apply', '-f', manifest(', overwrite: true')])).toBe('updated copy /a.csv\n');
    expect(await ok(['apply', '-f', manifest('')])).toBe('unchanged copy /a.csv\nno transaction\n');
  });

  it('copies rows, and tells the same rows from others', async () => {
    const { ok, file, cwd } = await files();
    file('b.csv', CSV);
    const source = `host+series://${join(cwd, 'b.csv')}`;
    const manifest = file('m.yaml', `version: v1\nkind: copy\nmetadata: { path: /s }\nspec: { source: "${source}", overwrite: true }\n`);
    expect(await ok(['apply', '-f', manifest])).toBe('created copy /s\n');
    expect(await ok(['apply', '-f', manifest])).toBe('unchanged copy /s\nno transaction\n');
    expect(await ok(['count', '/s'])).toBe('2\n');
    file('b.csv', `${CSV}2024-01-01T02:00:00Z,30\n`);
    expect(await ok(['apply', '-f', manifest])).toBe('updated copy /s\n');
    expect(await ok(['count', '/s'])).toBe('3\n');
  });

  it('removes what is not asked for any more with --prune, and nothing that it did not make', async () => {
    const { ok, file } = await files();
    file('data/b.csv', CSV);
    await ok(['apply', '-f', file('m.yaml', MANIFEST)]);
    await ok(['copy', '-', '/derived/own.txt'], 'x');
    const [, second = ''] = MANIFEST.split('---\n');
    file('m.yaml', second);
    expect(await ok(['apply', '-f', 'm.yaml', '--prune', '--dry-run'])).toBe(
      'unchanged copy /in/b.csv\nwould remove mknod /derived/warm.series\n',
    );
    expect(await ok(['apply', '-f', 'm.yaml', '--prune'])).toBe('unchanged copy /in/b.csv\nremoved mknod /derived/warm.series\n');
    await ok(['rm', '/derived/own.txt']);
    expect(await ok(['apply', '-f', 'm.yaml', '--prune'])).toBe('unchanged copy /in/b.csv\nremoved mkdir /derived\n');
    expect(await ok(['list', '**', '--format', 'csv'])).toContain('/a.csv');
  });

  it('variables stand in paths and sources', async () => {
    const { ok, pond, file } = await files();
    const manifest = file(
      'm.yaml',
      "version: v1\nkind: mkdir\nmetadata:\n  path: \"/{{ site }}/{{ get_env(name='KIND', default='raw') }}\"\n",
    );
    expect(await ok(['apply', '-f', manifest, '-v', 'site=north'])).toBe('created mkdir /north/raw\n');
    expect(await ok(['apply', '-f', manifest, '-v', 'site=north', '-v', 'site=south', '--verbose'])).toBe('created mkdir /south/raw\n');
    expect(await pond(['apply', '-f', manifest])).toMatchObject({
      code: 1, stderr: expect.stringContaining('Cannot use "m.yaml": line 4: metadata.path: "site" is not defined, in'),
    });
    expect(await pond(['apply', '-f', manifest, '-v', 'site'])).toMatchObject({ code: 2 });
  });

  const UNUSABLE: readonly (readonly [name: string, text: string, message: string])[] = [
    ['an unknown version', 'version: v2\nkind: mkdir\nmetadata: { path: /x }\n', 'line 1: version: is "v2", "v1" was wanted'],
    [
      'an unknown kind',
      'version: v1\nkind: mkdirs\nmetadata: { path: /x }\n',
      'line 2: kind: is "mkdirs", one of "mkdir", "copy", "mknod" was wanted',
    ],
    ['an unknown field', 'version: v1\nkind: mkdir\nmetadata: { path: /x, pth: 1 }\n', 'metadata.pth: is no field, "path" was wanted?'],
    ['a relative path', 'version: v1\nkind: mkdir\nmetadata:\n  path: x\n', 'line 4: metadata.path: is "x", an absolute path was wanted'],
    [
      'an unknown factory',
      'version: v1\nkind: mknod\nmetadata: { path: /x }\nspec: { factory: nothing, config: {} }\n',
      'there is no factory "nothing", one of',
    ],
    [
      'a config with an unknown field',
      'version: v1\nkind: mkdir\nmetadata: { path: /y }\n---\nversion: v1\nkind: mknod\nmetadata: { path: /x }\n'
        + 'spec:\n  factory: sql-derived-table\n  config:\n    patterns: { a: /a.csv }\n    qery: FROM a\n',
      'Cannot use "m.yaml": line 12: spec.config.qery: is no field, "query" was wanted?',
    ],
    ['a document of nothing', 'a: 1\n', 'line 1: says neither "version: v1" nor "apiVersion" and "kind"'],
    ['a list', '- 1\n', 'says neither'],
    ['a null byte and more', 'version: "v1\\0"\nkind: mkdir\nmetadata: { path: "/a\\0" }\n', 'version: is'],
    [
      'a path twice',
      'version: v1\nkind: mkdir\nmetadata: { path: /x }\n---\nversion: v1\nkind: mkdir\nmetadata: { path: /x }\n',
      'line 5: "/x" is asked for in line 1 of "m.yaml" already',
    ],
    [
      'a missing source',
      'version: v1\nkind: copy\nmetadata: { path: /x }\nspec: { source: nothing.csv }\n',
      'no such file or directory on the host',
    ],
    [
      'a file in the way of a directory',
      'version: v1\nkind: mkdir\nmetadata: { path: /a.csv }\n',
      'it already exists and is a data file, a directory was wanted',
    ],
    [
      'a cycle of two documents',
      'version: v1\nkind: mknod\nmetadata: { path: /p/x }\nspec: { factory: sql-derived-table, config: { patterns: { a: "/q/*" } } }\n---\n'
        + 'version: v1\nkind: mknod\nmetadata: { path: /q/y }\nspec: { factory: sql-derived-table, config: { patterns: { a: "/p/*" } } }\n',
      'it needs itself, /p/x -> /q/y -> /p/x',
    ],
    [
      'a pattern that cannot be read',
      'version: v1\nkind: mknod\nmetadata: { path: /p/x }\nspec: { factory: sql-derived-table, config: { patterns: { a: "/q/[" } } }\n',
      'line 4: spec.config.patterns.a: is "/q/[": "[" is not closed',
    ],
  ];

  it('refuses documents that cannot be used and writes nothing, whatever else is asked for', async () => {
    const { pond, ok, file } = await files();
    const before = await ok(['log', '--format', 'csv']);
    const good = file('good.yaml', 'version: v1\nkind: mkdir\nmetadata: { path: /good }\n');
    for (const [name, text, message] of UNUSABLE) {
      const ran = await pond(['apply', '-f', good, '-f', file('m.yaml', text)]);
      expect(ran, name).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(message) });
    }
    expect(await ok(['log', '--format', 'csv'])).toBe(before);
  });
});

describe('pond factories', () => {
  it('lists them, and shows the fields, an example and a schema of one', async () => {
    const { ok, pond } = await files();
    expect(await ok(['factories'])).toMatch(/^sql-derived-table +table +A table/m);
    expect(await ok(['factories', 'sql-derived-series'])).toMatch(
      /Fields:\n {2}patterns +mapping to text +required[^]*Example:\n {2}patterns:/,
    );
    expect(JSON.parse(await ok(['factories', 'sql-derived-series', '--json']))).toMatchObject({
      schema: { type: 'object', properties: { query: {} } },
    });
    expect(await pond(['factories', 'sql-derived'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('there is no factory "sql-derived"'),
    });
  });
});
