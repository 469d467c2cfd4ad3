import { GLOBAL_OPTIONS } from './catalog/globals.ts';
import type { Command, OptionSpec } from './command.ts';
import { EXIT_CODES } from './errors.ts';
import { exitCodes, hides, optionSummary, optionTerm, synopsis } from './help.ts';
import { VERSION } from './version.ts';

/** `pond.1`. */
export function summaryManPage(commands: readonly Command[]): string {
  return page('pond', 'a very small data lake for time series, local first', [
    section('SYNOPSIS', ['.B pond', escape('[OPTIONS] COMMAND [ARGUMENTS]')]),
    section('DESCRIPTION', [
      'A pond is one directory that holds a transactional, versioned file system whose every file can be queried.',
      'Each command has a page of its own, such as',
      '.BR pond\\-list (1).',
    ]),
    section('COMMANDS', commands.flatMap((command) => term(`pond ${command.name}`, command.summary))),
    section('OPTIONS', optionTerms(Object.values(GLOBAL_OPTIONS))),
    section('ENVIRONMENT', [
      ...term('POND', 'The pond, when --pond names none'),
      ...term('POND_LOG', 'Level of the log on stderr'),
      ...term('NO_COLOR', 'No colour when it holds any text'),
    ]),
    section('EXIT STATUS', codeTerms(EXIT_CODES)),
  ]);
}

/** `pond-list.1`. */
export function commandManPage(command: Command): string {
  const args = Object.values(command.arguments);
  const globals = Object.values<OptionSpec>(GLOBAL_OPTIONS).filter((spec) => !hides(command, spec));
  return page(manName(command), command.summary, [
    section('SYNOPSIS', [escape(synopsis(command))]),
    section('DESCRIPTION', [escape(`${command.summary}.`), ...(command.description ?? []).flatMap((text) => ['.PP', escape(text)])]),
    ...(args.length === 0 ? [] : [section('ARGUMENTS', args.flatMap((argument) => term(argument.name, argument.summary)))]),
    section('OPTIONS', optionTerms([...Object.values(command.options), ...globals])),
    ...(command.formats === undefined ? [] : [section('FORMATS', [escape(command.formats.join(', '))])]),
    section('EXAMPLES', command.examples.flatMap(({ line, summary }) => ['.PP', escape(summary), '.PP', '.nf', escape(line), '.fi'])),
    section('EXIT STATUS', codeTerms(exitCodes(command))),
    section('SEE ALSO', ['.BR pond (1)']),
  ]);
}

/** The name of the page, and of its file without `.1`. */
export function manName(command: Command): string {
  return `pond-${command.name.replaceAll(' ', '-')}`;
}

function page(name: string, summary: string, sections: readonly string[]): string {
  const head = `.TH "${escape(name).toUpperCase()}" 1 "" "pond ${VERSION}" "DuckPond"`;
  return `${[head, section('NAME', [`${escape(name)} \\- ${escape(summary)}`]), ...sections].join('\n')}\n`;
}

function section(title: string, lines: readonly string[]): string {
  return [`.SH ${title}`, ...lines].join('\n');
}

function term(name: string, text: string): readonly string[] {
  return ['.TP', `.B ${escape(name)}`, escape(text)];
}

function optionTerms(options: readonly OptionSpec[]): readonly string[] {
  return options.flatMap((option) => term(optionTerm(option), optionSummary(option)));
}

function codeTerms(codes: Readonly<Record<number, string>>): readonly string[] {
  return Object.entries(codes).flatMap(([code, meaning]) => term(code, meaning));
}

/** Backslashes, hyphens that must stay hyphens, and dots or quotes that would begin a request. */
function escape(text: string): string {
  return text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replace(/^([.'])/, '\\&$1');
}
