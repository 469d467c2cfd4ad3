import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testPond, type TestPond } from '../fake-effects.ts';

// The two example configurations of the proof of concept, with data made for the test, and what its templates make of it.

const HOURS = 72;
const BEGIN = Date.parse('2024-02-28T00:00:00Z') / 1000;

const PAGE = `---
title: {{ args[0] }}
---
{% set files = export[args[0]] %}{% for res, list in files %}{{ res }}:{% for f in list %} {{ f.start_time }}-{{ f.end_time }}{% endfor %}
{% endfor %}{%- for key, fields in group(by="name", in=schema.fields) %}
{{ key }} [{{ fields[0].unit }}]{% for i, parts in group(by="instrument", in=fields) %} {{ i }}:{% if parts | length == 1 %}line{% else %}band{% endif %}{% endfor %}
{%- endfor %}
`;

function place(pond: TestPond): (name: string, text: string) => string {
  return (name, text) => {
    const path = join(pond.cwd, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
    // The inbox leaves alone what may still be written to.
    utimesSync(path, BEGIN, BEGIN);
    return name;
  };
}

const document = (kind: string, name: string, spec: string): string =>
  `apiVersion: github.com/example/duckpond/v1\nkind: ${kind}\nname: ${name}\ndesc: made for a test\nspec:\n${spec
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')}\n`;

const rowsOf = async ({ ok }: TestPond, sql: string): Promise<unknown[]> =>
  JSON.parse(await ok(['sql', sql, '--format', 'json'])) as unknown[];

describe('caspar: files of CSV, an inbox, one derived column, rollups, pages', () => {
  it('runs from documents to an export', async () => {
    const pond = await testPond();
    const { ok, cwd } = pond;
    const put = place(pond);
    const rows = Array.from({ length: HOURS * 4 }, (_, at) => `${new Date((BEGIN + at * 900) * 1000).toISOString()},${(at % 96) / 10}`);
    put('drop/well.csv', `DateTime,Depth\n${rows.join('\n')}\n`);
    put('inbox.yaml', document('Inbox', 'rawdata', `pattern: "${cwd}/drop/**"`));
    put(
      'import.yaml',
      document(
        'Derive',
        '"{{ what }}"',
        [
          'collections:',
          '- name: WellDepth',
          '  pattern: /Inbox/rawdata/*.csv',
          '  query: >',
          '    SELECT EPOCH_MS("DateTime") / 1000.0 AS "Timestamp", "Depth" AS "LT400.Depth.m" FROM read_csv(\'$1\', header = true)',
        ].join('\n'),
      ),
    );
    put(
      'reduce.yaml',
      document(
        'Reduce',
        'downsampled',
        [
          'collections:',
          '- name: caspar_water',
          '  resolutions: [1h, 24h]',
          '  datasets:',
          '  - in_pattern: "/Derive/welldepth/WellDepth/*.csv"',
          '    out_pattern: "param=well_depth"',
        ].join('\n'),
      ),
    );
    put('pages/data.md.tmpl', PAGE);
    put('observe.yaml', document('Template', 'casparsite', [
      'collections:', '- name: caspar_water', '  in_pattern: "/Reduce/downsampled/caspar_water/param=*/res=1h"', '  out_pattern: "$0.md"',
      '  template_file: pages/data.md.tmpl'].join('\n')));
    const files = ['inbox.yaml', 'import.yaml', 'reduce.yaml', 'observe.yaml'].flatMap((name) => ['-f', name]);
    expect(await ok(['apply', ...files, '-v', 'what=welldepth'])).toBe(
      'created Inbox /Inbox/rawdata\ncreated Derive /Derive/welldepth\ncreated Reduce /Reduce/downsampled\ncreated Template /Template/casparsite\n',
    );
    expect(await ok(['apply', ...files, '-v', 'what=welldepth'])).toMatch(/^(unchanged .*\n){4}no transaction\n$/);
    expect(await ok(['run', 'rawdata'])).toContain('well.csv');
    expect(
      await rowsOf(
        pond,
        'SELECT count(*) AS n, min("Timestamp")::BIGINT AS first, max("LT400.Depth.m") AS most FROM \'/Derive/welldepth/WellDepth/*.csv\'',
      ),
    ).toEqual([{ n: HOURS * 4, first: BEGIN, most: 9.5 }]);
    const oracle = await rowsOf(
      pond,
      `SELECT date_trunc('hour', "DateTime") AS t, round(avg("Depth"), 9) AS a, min("Depth") AS i, max("Depth") AS x
      FROM '/Inbox/rawdata/*.csv' GROUP BY 1 ORDER BY 1`,
    );
    expect(oracle).toHaveLength(HOURS);
    expect(
      await rowsOf(
        pond,
        `SELECT "Timestamp" AS t, round("LT400.Depth.m.avg", 9) AS a, "LT400.Depth.m.min" AS i, "LT400.Depth.m.max" AS x
      FROM '/Reduce/downsampled/caspar_water/param=well_depth/res=1h' ORDER BY 1`,
      ),
    ).toEqual(oracle);
    const patterns = ['/Reduce/downsampled/caspar_water/param=*/*', '/Template/casparsite/caspar_water/*'].flatMap((pattern) => [
      '-p',
      pattern,
    ]);
    await ok(['export', ...patterns, '-d', join(cwd, 'site'), '--temporal', 'year,month']);
    expect(readdirSync(join(cwd, 'site', 'well_depth'))).toEqual(['res=1h', 'res=24h']);
    const span = (from: string, to: string): string => `${Date.parse(from) / 1000}-${Date.parse(to) / 1000}`;
    const months = `${span('2024-02-01', '2024-03-01')} ${span('2024-03-01', '2024-04-01')}`;
    expect(readFileSync(join(cwd, 'site', 'well_depth.md'), 'utf8')).toBe(
      `---\ntitle: well_depth\n---\nres=1h: ${months}\nres=24h: ${months}\n\nDepth [m] LT400:band\n`);
  });
});

const DEVICES = [
  ['BDockVulink', 'Vulink', '4990594334457856'],
  ['BDockAT500', 'AT500_Surface', '6154708427603968'],
  ['SilverVulink1', 'Vulink', '6582334615060480'],
  ['SilverVulink2', 'Vulink', '6417476404772864'],
  ['SilverAT500', 'AT500_Surface', '5859376846209024'],
] as const;
const SITES = ['FieldStation', 'BDock', 'Silver'];

describe('noyo: a collector, an inbox, three derived tables, sites joined, rollups by site and by parameter, pages', () => {
  it('runs from documents to an export', async () => {
    const pond = await testPond();
    const { ok, cwd } = pond;
    const put = place(pond);
    const devices = DEVICES.map(([name, scope, id]) => `- { name: ${name}, scope: ${scope}, id: ${id} }`).join('\n');
    put('noyo.yaml', document('HydroVu', 'noyoharbor', `key: "{{ get_env(name='KEY') }}"\nsecret: "{{ secret }}"\ndevices:\n${devices}`));
    put('inbox.yaml', document('Inbox', 'laketechcsv', `pattern: "${cwd}/drop/*"`));
    const collection = (name: string, pattern: string, instrument: string, columns: Readonly<Record<string, string>>): string =>
      [
        `- name: ${name}`,
        `  pattern: "/Inbox/laketechcsv/*${pattern}*.csv"`,
        '  query: |',
        '    WITH T AS (SELECT EPOCH(MAKE_TIMESTAMPTZ(YEAR("Timestamp"), MONTH("Timestamp"), DAY("Timestamp"), HOUR("Timestamp"), MINUTE("Timestamp"),',
        '      SECOND("Timestamp"))) AS "Timestamp", "Series Name" AS name, "Value" - "Offset" AS value FROM read_csv(\'$1\'))',
        '    SELECT S."Timestamp",',
        ...Object.entries(columns).map(
          ([series, column], at, all) =>
            `      (SELECT any_value(value) FROM T WHERE T."Timestamp" = S."Timestamp" AND name = '${series}') AS "${instrument}.${column}"${at < all.length - 1 ? ',' : ''}`,
        ),
        '    FROM (SELECT DISTINCT "Timestamp" FROM T) S',
      ].join('\n');
    put('laketech.yaml', document('Derive', 'csvextract', `collections:\n${[
      collection('SurfaceMeasurements', 'surface', 'AT500_Surface', { 'Surface DO': 'DO.mg/L', 'Surface Salinity': 'Salinity.psu' }),
      collection('VulinkMeasurements', 'vulink', 'Vulink', { 'Battery Level': 'Battery Level.%' }),
    ].join('\n')}`));
    const site = (name: string): string =>
      `- name: ${name}\n  series:\n  - pattern: /HydroVu/noyoharbor/data/${name}Vulink*\n  - pattern: /HydroVu/noyoharbor/data/${name}AT500*`;
    put(
      'noyodata.yaml',
      document(
        'Combine',
        'noyodata',
        [
          'scopes:',
          '- name: FieldStation',
          '  series:',
          '  - pattern: /Derive/csvextract/SurfaceMeasurements/*',
          '  - pattern: /Derive/csvextract/VulinkMeasurements/*',
          site('BDock'),
          site('Silver'),
        ].join('\n'),
      ),
    );
    const param = (name: string, columns: string): string =>
      `  - in_pattern: "/Combine/noyodata/*/combine"\n    out_pattern: "param=${name}"\n    columns: [${columns}]`;
    put(
      'reduce.yaml',
      document(
        'Reduce',
        'downsampled',
        [
          'collections:',
          '- name: single_site',
          '  resolutions: [1h, 24h]',
          '  datasets:',
          '  - in_pattern: "/Combine/noyodata/*/combine"',
          '    out_pattern: "site=$0"',
          '- name: single_param',
          '  resolutions: [1h, 24h]',
          '  datasets:',
          param('DO', 'AT500_Surface.DO.mg/L'),
          param('Salinity', 'AT500_Surface.Salinity.psu'),
        ].join('\n'),
      ),
    );
    put('data.md.tmpl', PAGE);
    put(
      'observe.yaml',
      document(
        'Template',
        'noyosite',
        [
          'collections:',
          '- { name: sites, in_pattern: "/Reduce/downsampled/single_site/site=*/res=1h", out_pattern: "$0.md", template_file: data.md.tmpl }',
          '- { name: params, in_pattern: "/Reduce/downsampled/single_param/param=*/res=1h", out_pattern: "$0.md", template_file: data.md.tmpl }',
        ].join('\n'),
      ),
    );
    const files = ['noyo', 'inbox', 'laketech', 'noyodata', 'reduce', 'observe'].flatMap((name) => ['-f', `${name}.yaml`]);
    const refused = await pond.pond(['apply', ...files, '-v', 'secret=hunter2']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('line 7: spec.secret: is a secret in plain text');
    expect(refused.stderr).not.toContain('hunter2');
    await ok(['apply', ...files, '-v', 'secret=${env:NOYO_SECRET}']);
    expect(await ok(['cat', '/HydroVu/noyoharbor/.run'])).toMatch(/^client_id: \$\{env:KEY\}\nclient_secret: \$\{env:NOYO_SECRET\}\n/);

    // What the collector would have stored; the second unit at Silver takes over from the first, and their times overlap.
    const hours = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);
    const series = async (device: string, header: string, from: number, to: number, value: number): Promise<void> => {
      const found = DEVICES.find(([name]) => name === device);
      const rows = hours(from, to).map((hour) => `${new Date((BEGIN + hour * 3600) * 1000).toISOString()},${value + hour},${value}`);
      await ok(['copy', '-', `/HydroVu/noyoharbor/devices/${found?.[2] ?? ''}/${device}.series`, '--kind', 'series', '--format', 'csv'],
        `timestamp,${header}\n${rows.join('\n')}\n`);
    };
    await series('BDockVulink', 'Vulink.Battery Level.%,Vulink.Baro.psi', 0, HOURS, 1);
    await series('BDockAT500', 'AT500_Surface.DO.mg/L,AT500_Surface.Salinity.psu', 0, HOURS, 2);
    await series('SilverVulink1', 'Vulink.Battery Level.%,Vulink.Baro.psi', 0, 40, 3);
    await series('SilverVulink2', 'Vulink.Battery Level.%,Vulink.Baro.psi', 30, HOURS, 1000);
    await series('SilverAT500', 'AT500_Surface.DO.mg/L,AT500_Surface.Salinity.psu', 0, HOURS, 4);
    const long = (names: readonly string[]): string =>
      `Timestamp,Series Name,Location,Parameter,Value,Offset\n${hours(0, HOURS)
        .flatMap((hour) =>
          names.map(
            (name, at) =>
              `${new Date((BEGIN + hour * 3600) * 1000).toISOString().slice(0, 19).replace('T', ' ')},${name},dock,p,${hour + at},0.5`,
          ),
        )
        .join('\n')}\n`;
    put('drop/2024 surface.csv', long(['Surface DO', 'Surface Salinity']));
    put('drop/2024 vulink.csv', long(['Battery Level']));
    await ok(['run', 'laketechcsv']);

    expect(
      await rowsOf(
        pond,
        `SELECT count(*) AS n, sum("Vulink.Battery Level.%") AS battery, sum("AT500_Surface.DO.mg/L") AS oxygen FROM '/Combine/noyodata/FieldStation/combine'`,
      ),
    ).toEqual([
      {
        n: HOURS,
        battery: hours(0, HOURS).reduce((sum, hour) => sum + hour - 0.5, 0),
        oxygen: hours(0, HOURS).reduce((sum, hour) => sum + hour - 0.5, 0),
      },
    ]);
    // No hour is in both units: the later one begins behind the end of the one before.
    expect(
      await rowsOf(
        pond,
        `SELECT count(*) AS n, count(*) FILTER ("Vulink.Baro.psi" = 3) AS first, count(*) FILTER ("Vulink.Baro.psi" = 1000) AS second
      FROM '/Combine/noyodata/Silver/combine'`,
      ),
    ).toEqual([{ n: HOURS, first: 40, second: HOURS - 40 }]);
    expect(
      await rowsOf(
        pond,
        `SELECT count(*) AS n, count(DISTINCT "Timestamp") AS times FROM '/Reduce/downsampled/single_param/param=DO/res=24h'`,
      ),
    ).toEqual([{ n: 3, times: 3 }]);
    const columns = JSON.parse(await ok(['sql', "DESCRIBE FROM '/Reduce/downsampled/single_param/param=DO/res=1h'", '--json'])) as {
      column_name: string;
    }[];
    expect(columns.map(({ column_name: name }) => name).filter((name) => name.endsWith('.avg')).sort()).toEqual(
      SITES.map((name) => `${name}.AT500_Surface.DO.mg/L.avg`).sort());
    const patterns = ['/Reduce/downsampled/single_site/site=*/*', '/Template/noyosite/sites/*'].flatMap((pattern) => ['-p', pattern]);
    await ok(['export', ...patterns, '-d', join(cwd, 'site'), '--temporal', 'year,month']);
    expect(readdirSync(join(cwd, 'site')).sort()).toEqual([
      'BDock',
      'BDock.md',
      'FieldStation',
      'FieldStation.md',
      'Silver',
      'Silver.md',
      'manifest.json',
    ]);
    expect(readFileSync(join(cwd, 'site', 'Silver.md'), 'utf8')).toMatch(
      /^---\ntitle: Silver\n---\nres=1h: \d+-\d+ \d+-\d+\nres=24h: .*\n\nBaro \[psi\] Vulink:band\nBattery Level \[%\] Vulink:band\nDO \[mg\/L\] AT500_Surface:band\n/,
    );
    expect(await ok(['list', '/Template/noyosite/params/*', '--format', 'csv'])).toMatch(/DO\.md[^]*Salinity\.md/);
  });
});

describe('Scribble', () => {
  it('is a tree of directories and tables, the same at each reading', async () => {
    const pond = await testPond();
    const spec = 'count_min: 8\ncount_max: 12\nprobs: { tree: 0.4, table: 0.9, symlink: 0.1 }';
    await pond.ok(['apply', '-f', place(pond)('s.yaml', document('Scribble', 'noise', spec))]);
    const listed = JSON.parse(await pond.ok(['list', '/Scribble/noise/tree/**', '--json'])) as { path: string; kind: string }[];
    expect(new Set(listed.map(({ kind }) => kind))).toEqual(new Set(['directory', 'table']));
    expect(JSON.parse(await pond.ok(['list', '/Scribble/noise/tree/**', '--json']))).toEqual(listed);
    const table = listed.find(({ kind }) => kind === 'table')?.path ?? '';
    const rows = await rowsOf(pond, `FROM '${table}'`);
    expect(rows).toHaveLength(5);
    expect(rows).toEqual(await rowsOf(pond, `FROM '${table}'`));
    expect(rows[0]).toEqual({ name: expect.stringMatching(/^[0-9a-f]{8}$/), region: expect.any(String), quota: expect.any(Number) });
  });
});

const UNUSABLE: readonly (readonly [name: string, text: string, message: string])[] = [
  ['an unknown kind', document('Derived', 'x', 'collections: []'), 'line 2: kind: is "Derived", one of "HydroVu", "Inbox", "Derive"'],
  ['an unknown field', document('Inbox', 'x', 'pattern: /a/*\npatern: 1'), 'line 7: spec.patern: is no field, "pattern" was wanted?'],
  [
    'a missing variable',
    document('Inbox', 'x', 'pattern: "/{{ dir }}/*"'),
    'line 6: spec.pattern: "dir" is not defined, in "/{{ dir }}/*"',
  ],
  [
    'a missing variable of the environment',
    document('Inbox', 'x', 'pattern: "{{ get_env(name=\'NOWHERE\') }}"'),
    'the environment has no variable NOWHERE',
  ],
  ['a name that is none', document('Inbox', 'a/b', 'pattern: /a/*'), 'line 3: name: is "a/b":'],
  [
    'a query that reads nothing',
    document('Derive', 'x', 'collections: [{ name: c, pattern: /a/*, query: SELECT 1 }]'),
    'spec.collections[0].query: does not read $1',
  ],
  [
    'a bad duration',
    document('Reduce', 'x', 'collections:\n- name: c\n  resolutions: [1h, 1x]\n  datasets: [{ in_pattern: /a/*, out_pattern: "$0" }]'),
    'spec.collections[0].resolutions[1]: is "1x", a duration such as',
  ],
  [
    'a placeholder without a capture',
    document('Reduce', 'x', 'collections:\n- name: c\n  resolutions: [1h]\n  datasets: [{ in_pattern: /a/*, out_pattern: "$1" }]'),
    '$1 has no capture',
  ],
  [
    'two templates',
    document('Template', 'x', 'collections: [{ name: c, in_pattern: /a/*, out_pattern: "$0.md" }]'),
    'template: is missing, one of template and template_file',
  ],
  [
    'a pattern that matches itself',
    document('Combine', 'x', 'scopes: [{ name: s, series: [{ pattern: /Combine/*/*/combine }] }]'),
    'its inputs match the node itself',
  ],
  [
    'a factory that is not there',
    document('Backup', 'x', 'bucket: b\nregion: r\nkey: "{{ get_env(name=\'K\') }}"\nsecret: "${env:S}"\nendpoint: e'),
    'there is no factory "backup"',
  ],
];

it('documents that cannot be used are refused, and nothing is written', async () => {
  const pond = await testPond();
  for (const [name, text, message] of UNUSABLE) {
    const ran = await pond.pond(['apply', '-f', place(pond)('d.yaml', text)]);
    expect(ran, name).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(message) });
  }
  expect(JSON.parse(await pond.ok(['log', '--json']))).toHaveLength(1);
});
