import { checkTemplate, expandCaptures, parseGlob } from '@duckpond/tinyfs';
import { z } from 'zod';
import { type DefinedFactory, defineFactory } from './define.ts';
import { badConfig, FactoryError } from './errors.ts';
import { source } from './fields.ts';
import { pondPattern } from './node-graph.ts';
import { captureCount, matchesOf, type SourceMatch } from './source-match.ts';
import { compileTemplate } from './template/safe-template.ts';
import { levelOf, type Page, pathNames } from './template-page.ts';

const schema = z.strictObject({
  in_pattern: source.describe('What there is a page for: a path, a pattern such as `/sites/*.series`, or a URL'),
  out_pattern: z.string().min(1).describe('The path of a page below the directory; `$0` is what the first wildcard of `in_pattern` '
    + 'matched. Matches that give the same path share a page'),
  template: z.string().optional().describe('The text of the template'),
  template_file: z.string().startsWith('/').optional().describe('A file of the pond that has it, instead of `template`'),
  escape: z.boolean().optional().describe('Whether values are escaped for HTML and XML; unless told, in files whose names end in '
    + '.html, .xml, .svg and the like'),
});
type Config = z.infer<typeof schema>;

const EXAMPLE = `in_pattern: /reduced/*/res=1h.series
out_pattern: $0.md
template: |
  # {{ args[0] }}
  {% for name, fields in group(by="name", in=schema.fields) %}
  - {{ name }} in {{ fields[0].unit }}: {% for field in fields %}{{ field.aggregate }} {% endfor %}
  {% endfor %}
`;

/** A directory of texts, one for each match. */
export const TEMPLATE: DefinedFactory = defineFactory(
  { name: 'template', summary: 'A directory of texts: a template filled in for each match of a pattern', schema, example: EXAMPLE },
  {
    makes: 'directory',
    inputs: ({ in_pattern: pattern, template_file: file }) => [pattern, ...(file === undefined ? [] : [file])],
    check: checkPages,
    make: async ({ config, node, root }) => levelOf(node, pagesOf(config, await matchesOf(root, config.in_pattern)), 0),
  },
);

function checkPages(config: Config, file: string): void {
  const { template, template_file: other, in_pattern: pattern, out_pattern: out } = config;
  const fault = (field: string, problem: string): FactoryError => badConfig(file, [{ line: undefined, field, problem }]);
  if ((template === undefined) === (other === undefined)) {
    const what = template === undefined ? 'is missing' : 'is there beside template_file';
    throw fault('template', `${what}, one of template and template_file was wanted`);
  }
  try {
    const glob = parseGlob(pondPattern(pattern) ?? '/');
    if (captureCount(pattern) > 0 || /\$\d/.test(out)) checkTemplate(out, captureCount(pattern) > 0 ? glob : parseGlob('/'));
    // What stands for the captures may be anything but what makes no name.
    pathNames(out.replace(/\$(\$|\d+)/g, 'x'));
    if (template !== undefined) compileTemplate(template, { name: 'template' });
  } catch (error) {
    const field = error instanceof FactoryError && error.code === 'bad-template' ? 'template' : 'out_pattern';
    throw fault(field, error instanceof Error ? error.message : String(error));
  }
}

function pagesOf({ in_pattern: _in, out_pattern: out, ...rest }: Config, matches: readonly SourceMatch[]): readonly Page[] {
  const pages = new Map<string, Page>();
  for (const { target, captures } of matches) {
    // What `**` matched stays one name.
    const path = expandCaptures(out, captures.map((capture) => capture.replaceAll('/', '_')));
    pages.set(path, { ...rest, path, matches: [...pages.get(path)?.matches ?? [], { target, captures: [...captures] }] });
  }
  return [...pages.values()];
}
