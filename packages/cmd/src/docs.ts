import { GLOBAL_OPTIONS } from './catalog/globals.ts';
import type { ArgumentSpec, Command, OptionSpec } from './command.ts';
import { EXIT_CODES } from './errors.ts';
import { exitCodes, GROUP_TITLES, hides, optionSummary, optionTerm, synopsis } from './help.ts';
import { JSON_SHAPE } from './version.ts';

/** The pages of docs/cli by file name, made from the command table. */
export function documentation(commands: readonly Command[]): Readonly<Record<string, string>> {
  return {
    'README.md': overview(commands),
    ...Object.fromEntries(commands.map((command) => [pageName(command), commandPage(command)])),
  };
}

const ORIGIN = '<!-- Made by packages/cmd/generate-docs.mjs from the command table; change the table, not this page. -->';

function overview(commands: readonly Command[]): string {
  return lines([
    '# The command line',
    '',
    ORIGIN,
    '',
    '`pond [OPTIONS] COMMAND [ARGUMENTS]`',
    ...Object.entries(GROUP_TITLES).flatMap(([group, title]) => [
      '',
      `## ${title}`,
      '',
      ...table(['command', 'does'], commands.filter((command) => command.group === group)
        .map((command) => [`[\`${command.name}\`](${pageName(command)})`, escape(command.summary)])),
    ]),
    '',
    '## Options of every command',
    '',
    'They may stand before or after the command.',
    '',
    ...optionTable(Object.values(GLOBAL_OPTIONS)),
    '',
    '## Exit codes',
    '',
    ...codeTable(EXIT_CODES),
    '',
    '## JSON',
    '',
    '`--json` prints an array with one object a row; `--format ndjson` prints the same objects one a line.',
    '`status`, `fsck`, `maintain` and `version` print one object.',
    `The shape has version ${JSON_SHAPE} (\`pond version --json\`):`,
    'fields are added under the same version, and a field never changes its meaning. Every column is in every object. Integers beyond',
    '2^53 are strings, timestamps are RFC 3339 in UTC with all their digits, bytes are lower-case hex, absent values are `null`.',
  ]);
}

function commandPage(command: Command): string {
  const args = Object.values(command.arguments);
  const options = Object.values(command.options);
  const globals = Object.values<OptionSpec>(GLOBAL_OPTIONS).filter((spec) => !hides(command, spec));
  return lines([
    `# pond ${command.name}`,
    '',
    ORIGIN,
    '',
    escape(`${command.summary}.`),
    ...(command.description ?? []).flatMap((paragraph) => ['', escape(paragraph)]),
    '',
    '```',
    synopsis(command),
    ...(command.aliases ?? []).map((alias) => `pond ${alias} …`),
    '```',
    ...(args.length === 0 ? [] : ['', '## Arguments', '', ...argumentTable(args)]),
    ...(options.length === 0 ? [] : ['', '## Options', '', ...optionTable(options)]),
    ...(command.formats === undefined ? [] : ['', `Formats: ${command.formats.map(code).join(', ')}`]),
    '',
    `Options of every command: ${globals.map((option) => code(optionTerm(option))).join(', ')}`,
    '',
    '## Examples',
    ...command.examples.flatMap(({ line, summary }) => ['', `${escape(summary)}:`, '', '```sh', line, '```']),
    '',
    '## Exit codes',
    '',
    ...codeTable(exitCodes(command)),
  ]);
}

function pageName(command: Command): string {
  return `${command.name.replaceAll(' ', '-')}.md`;
}

function argumentTable(args: readonly ArgumentSpec[]): readonly string[] {
  return table(['argument', 'meaning'], args.map((argument) => [code(argument.name), escape(argument.summary)]));
}

function optionTable(options: readonly OptionSpec[]): readonly string[] {
  return table(['option', 'meaning'], options.map((option) => [code(optionTerm(option)), escape(optionSummary(option))]));
}

function codeTable(codes: Readonly<Record<number, string>>): readonly string[] {
  return table(['code', 'meaning'], Object.entries(codes).map(([number, meaning]) => [number, escape(meaning)]));
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`);
}

function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``;
}

function escape(text: string): string {
  return text.replace(/[|<*]/g, (mark) => (mark === '<' ? '&lt;' : `\\${mark}`));
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
