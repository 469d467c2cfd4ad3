import { factoryFacts, type FactoryFacts } from '@duckpond/factories';
import type { FactoryEntry } from '@duckpond/pond';
import { FACTORIES } from './factories.ts';

const ORIGIN = '<!-- Made by packages/cmd/generate-factory-docs.mjs from the schemas; change them, not this page. -->';

/** The pages of docs/factories by file name, made from the definitions of the factories. */
export async function factoryPages(): Promise<Readonly<Record<string, string>>> {
  const entries = [...FACTORIES.values()].filter(({ isInner }) => isInner !== true).sort((a, b) => (a.name < b.name ? -1 : 1));
  const pages = await Promise.all(entries.map(async (entry) => (
    [`${entry.name}.md`, page(entry, factoryFacts(await entry.load()))] as const)));
  return { 'README.md': overview(entries), ...Object.fromEntries(pages) };
}

function overview(entries: readonly FactoryEntry[]): string {
  return lines([
    '# Factories', '', ORIGIN, '',
    'A factory makes a file or a directory out of others, by a config in YAML. `pond mknod` and `pond apply` store a config, and refuse',
    'one that cannot be used; `pond factories NAME` shows what is on these pages, with `--json` as a JSON Schema for editors. What is',
    'computed is computed when it is read, and can be read by every command that reads files, and by other factories. Secrets are',
    'references, `${env:NAME}`, looked up when they are used.', '',
    ...table(['factory', 'makes', 'what'], entries.map((entry) => (
      [`[${code(entry.name)}](${entry.name}.md)`, makes(entry), escape(entry.summary)]))),
  ]);
}

function page(entry: FactoryEntry, { fields, example, commands }: FactoryFacts): string {
  return lines([
    `# ${entry.name}`, '', ORIGIN, '', `${escape(entry.summary)}. It makes a ${makes(entry)}.`, '',
    '```yaml', ...example.trimEnd().split('\n'), '```', '',
    ...table(['field', 'type', '', 'meaning'], fields.map(({ field, type, isRequired, summary }) => (
      [code(field), escape(type), isRequired ? 'required' : '', escape(summary)]))),
    ...(commands.length === 0 ? [] : ['', '## Commands', '',
      ...table(['`pond run NODE` …', 'does'], commands.map(({ usage, summary }) => [code(usage), escape(summary)]))]),
  ]);
}

function makes({ makes: kind, isExecutable }: FactoryEntry): string {
  return isExecutable ? 'node that is run' : kind === 'data' ? 'text' : kind;
}


function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`);
}

function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``;
}

/** Text in a table; what stands between backticks is as it is. */
function escape(text: string): string {
  return text.split(/(`[^`]*`)/).map((part) => (part.startsWith('`') ? part.replaceAll('|', '\\|')
    : part.replace(/[|<*]/g, (mark) => (mark === '<' ? '&lt;' : `\\${mark}`)))).join('');
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
