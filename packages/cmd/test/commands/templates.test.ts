import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testPond, type TestPond } from '../fake-effects.ts';

const PAGE = `{% set site = args[0] %}# {{ site }}
{% for name, fields in group(by="name", in=schema.fields) -%}
{{ name }}{% if fields[0].unit %} ({{ fields[0].unit }}){% endif %}:{% for f in fields %} {{ f.instrument }}/{{ f.agg }}{% endfor %}
{% endfor -%}
{% if export is defined %}{% for file in export[site] %}{{ file.file | replace("-", "_") | length > 10 }} {{ file.start_time | date("%F") }}..{{ file.end_time | date("%F") }}
{% endfor %}{% endif %}`;

async function sites(): Promise<TestPond & { readonly template: (config: string, path?: string) => Promise<void> }> {
  const made = await testPond();
  for (const [name, level] of [['North', 1], ['South', 2]] as const) {
    const rows = `timestamp,Vulink.Baro.psi.avg,Vulink.Baro.psi.max,AT500.DO.mg/L.avg\n2024-01-31T23:00:00Z,${level},2,3\n2024-02-01T00:00:00Z,4,5,6\n`;
    await made.ok(['copy', '-', `/raw/site=${name}`, '--kind', 'series', '--format', 'csv'], rows);
  }
  return {
    ...made,
    template: async (config, path = '/pages') => {
      writeFileSync(join(made.cwd, 't.yaml'), config);
      await made.ok(['mknod', 'template', path, '--config-path', 't.yaml', '--overwrite']);
    },
  };
}

const config = (out: string, text: string): string => `in_pattern: /raw/site=*\nout_pattern: ${JSON.stringify(out)}\ntemplate: ${JSON.stringify(text)}\n`;

describe('template', () => {
  it('makes a text for each match, with the columns taken apart', async () => {
    const { template, ok } = await sites();
    await template(config('$0.md', PAGE));
    expect(await ok(['list', '/pages/*', '--format', 'csv'])).toMatch(/\/pages\/North\.md,data.*\n\/pages\/South\.md,data/);
    expect(await ok(['cat', '/pages/North.md'])).toBe('# North\nBaro (psi): Vulink/avg Vulink/max\nDO (mg/L): AT500/avg\n');
  });

  it('pages may lie in directories, may be about many, and may come from a file', async () => {
    const { template, ok } = await sites();
    await ok(['copy', '-', '/t.html'], '{% for m in matches %}<p title="{{ m.path }}">{{ m.captures[0] }} & {{ m.schema.fields | length }}</p>{% endfor %}{{ "<" }}');
    await template('in_pattern: /raw/site=*\nout_pattern: all/index.html\ntemplate_file: /t.html\n');
    expect(await ok(['cat', '/pages/all/index.html'])).toBe('<p title="/raw/site=North">North & 3</p><p title="/raw/site=South">South & 3</p>&lt;');
    await template(config('$0/$0/page.txt', '{{ path }} {{ name }} {{ "<" }}'));
    expect(await ok(['list', '/pages/**', '--format', 'csv'])).toContain('/pages/South/South/page.txt');
    expect(await ok(['cat', '/pages/South/South/page.txt'])).toBe('South/South/page.txt page.txt <');
    expect(await ok(['tree', '/pages'])).toContain('page.txt');
  });

  it('what an export wrote before is known to pages that it exports', async () => {
    const { template, ok, cwd } = await sites();
    await template(config('$0.md', PAGE));
    const out = (name: string): string => readFileSync(join(cwd, 'out', name), 'utf8');
    await ok(['export', '-p', '/raw/site=*', '-p', '/pages/*', '-d', join(cwd, 'out'), '--temporal', 'year,month']);
    expect(out('North.md')).toBe('# North\nBaro (psi): Vulink/avg Vulink/max\nDO (mg/L): AT500/avg\ntrue 2024-01-01..2024-02-01\ntrue 2024-02-01..2024-03-01\n');
    await ok(['copy', '-', '/raw/site=North', '--kind', 'series', '--format', 'csv'], 'timestamp,Vulink.Baro.psi.avg\n2024-05-02T00:00:00Z,7\n');
    await ok(['export', '-p', '/raw/site=*', '-p', '/pages/*', '-d', join(cwd, 'out'), '--temporal', 'year,month']);
    expect(out('North.md')).toContain('2024-05-01..2024-06-01');
  });

  it('computed series are exported by time, and again when what they are made of has changed', async () => {
    const { ok, cwd } = await sites();
    writeFileSync(join(cwd, 'd.yaml'), 'patterns: { a: "/raw/site=North" }\n');
    await ok(['mknod', 'sql-derived-series', '/derived/n', '--config-path', 'd.yaml']);
    const exported = async (): Promise<string[]> => {
      await ok(['export', '-p', '/derived/*', '-d', join(cwd, 'out'), '--temporal', 'year,month']);
      return JSON.parse(readFileSync(join(cwd, 'out', 'manifest.json'), 'utf8')).files.map(({ path, rows }: { path: string; rows: number }) => `${path.replace(/-.*/, '')} ${rows}`);
    };
    expect(await exported()).toEqual(['n/year=2024/month=1/data 1', 'n/year=2024/month=2/data 1']);
    await ok(['copy', '-', '/raw/site=North', '--kind', 'series', '--format', 'csv'], 'timestamp,Vulink.Baro.psi.avg\n2024-02-02T00:00:00Z,7\n');
    expect(await exported()).toEqual(['n/year=2024/month=1/data 1', 'n/year=2024/month=2/data 2']);
  });

  const UNUSABLE: readonly (readonly [config: string, message: string])[] = [
    ['in_pattern: /raw/*\nout_pattern: "$1.md"\ntemplate: x\n', 'out_pattern: Cannot use template "$1.md": $1 has no capture'],
    ['in_pattern: /raw/one\nout_pattern: "$0.md"\ntemplate: x\n', '$0 has no capture'],
    ['in_pattern: /raw/*\nout_pattern: "../$0.md"\ntemplate: x\n', 'out_pattern'],
    ['in_pattern: /raw/*\nout_pattern: "a//$0.md"\ntemplate: x\n', 'out_pattern'],
    ['in_pattern: /raw/*\nout_pattern: "$0.md"\n', 'template: is missing, one of template and template_file was wanted'],
    ['in_pattern: /raw/*\nout_pattern: "$0.md"\ntemplate: x\ntemplate_file: /x\n', 'is there beside template_file'],
    ['in_pattern: /raw/*\nout_pattern: "$0.md"\ntemplate: "{% if %}"\n', 'template: Cannot read the template "template": line 1:'],
    ['in_pattern: /pages/*\nout_pattern: "$0.md"\ntemplate: x\n', 'its inputs match the node itself'],
  ];

  it('refuses configs that cannot be used', async () => {
    const { pond, cwd } = await sites();
    for (const [text, message] of UNUSABLE) {
      writeFileSync(join(cwd, 't.yaml'), text);
      const ran = await pond(['mknod', 'template', '/pages', '--config-path', 't.yaml']);
      expect(ran, text).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(message) });
    }
  });

  it('what is not defined is an error that names page and line', async () => {
    const { template, pond } = await sites();
    await template(config('$0.md', 'a\n{{ export.x }}'));
    expect(await pond(['cat', '/pages/North.md'])).toMatchObject({ code: 1, stderr: 'pond: Cannot render "North.md": line 2: "export" is not defined\n' });
  });
});
