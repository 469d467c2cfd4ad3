import { GLOBAL_OPTIONS } from './catalog/globals.ts';
import type { ArgumentSpec, Command, Group, OptionSpec } from './command.ts';
import { EXIT_CODES } from './errors.ts';

export const GROUP_TITLES: Readonly<Record<Group, string>> = {
  pond: 'Pond', files: 'Files', resources: 'Resources', elsewhere: 'Elsewhere', shell: 'Shell',
};
const GROUPS: readonly Group[] = ['pond', 'files', 'resources', 'elsewhere', 'shell'];
const WIDTH = 80;

/** The whole list of commands: `pond help`. */
export function summaryHelp(commands: readonly Command[]): string {
  const groups = GROUPS.map((group) => ({ title: GROUP_TITLES[group], members: commands.filter((command) => command.group === group) }));
  return [
    'pond: a very small data lake for time series, local first',
    '',
    'Usage: pond [OPTIONS] COMMAND [ARGUMENTS]',
    ...groups.filter(({ members }) => members.length > 0).flatMap(({ title, members }) => [
      '',
      `${title}:`,
      ...columns(members.map((command) => [[command.name, ...(command.aliases ?? [])].join(', '), command.summary])),
    ]),
    '',
    'Options of every command:',
    ...optionRows(Object.values(GLOBAL_OPTIONS)),
    '',
    'Examples:',
    ...EXAMPLES,
    '',
    'Exit codes:',
    ...exitCodeRows(EXIT_CODES),
    '',
    "'pond help COMMAND' tells more about a command.",
    '',
  ].join('\n');
}

const EXAMPLES: readonly string[] = [
  '  pond --pond ./water init                     # make a pond',
  '  pond --pond ./water copy readings.csv /in/   # store a file in it',
  '  pond --pond ./water list                     # see what is there',
];

/** What a bare `pond` says. */
export function shortHelp(commands: readonly Command[]): string {
  const names = commands.map((command) => command.name).filter((name) => !name.includes(' '));
  return [
    'pond: a very small data lake for time series, local first',
    '',
    'Usage: pond [OPTIONS] COMMAND [ARGUMENTS]',
    '',
    ...wrap(`Commands: ${names.join(', ')}`, WIDTH),
    '',
    'Examples:',
    ...EXAMPLES,
    '',
    "'pond help' lists the commands and options, 'pond help COMMAND' explains one.",
    '',
  ].join('\n');
}

/** The page of one command. */
export function commandHelp(command: Command): string {
  const args = Object.values(command.arguments);
  const options = Object.values(command.options);
  return [
    `pond ${command.name}: ${command.summary}`,
    '',
    ...usage(command),
    ...(command.aliases === undefined ? [] : [`Also: ${command.aliases.map((alias) => `pond ${alias}`).join(', ')}`]),
    ...(command.description ?? []).flatMap((paragraph) => ['', ...wrap(paragraph, WIDTH)]),
    ...(args.length === 0 ? [] : ['', 'Arguments:', ...columns(args.map((argument) => [argument.name, argument.summary]))]),
    ...(options.length === 0 ? [] : ['', 'Options:', ...optionRows(options)]),
    ...(command.formats === undefined ? [] : ['', ...wrap(`Formats (--format): ${command.formats.join(', ')}`, WIDTH)]),
    '',
    'Options of every command:',
    ...optionRows(Object.values<OptionSpec>(GLOBAL_OPTIONS).filter((spec) => !hides(command, spec))),
    '',
    'Examples:',
    ...command.examples.flatMap(({ line, summary }) => [`  # ${summary}`, `  ${line}`]),
    '',
    'Exit codes:',
    ...exitCodeRows(exitCodes(command)),
    '',
  ].join('\n');
}

/** The synopsis in lines, those after the first set off to the right; no option is parted from its value. */
function usage(command: Command): readonly string[] {
  const head = `Usage: pond ${command.name} `;
  const lines = fill(synopsisParts(command), WIDTH - head.length);
  return lines.map((line, index) => `${index === 0 ? head : ' '.repeat(head.length)}${line}`.trimEnd());
}

export function synopsis(command: Command): string {
  return ['pond', command.name, ...synopsisParts(command)].join(' ');
}

function synopsisParts(command: Command): readonly string[] {
  const options = Object.values(command.options).map((option) => {
    const flag = option.short === undefined ? `--${option.long}` : `-${option.short}`;
    const text = option.value === undefined ? flag : `${flag} ${option.value}`;
    return `[${text}]${option.repeat === true ? '...' : ''}`;
  });
  return [...options, ...Object.values(command.arguments).map(argumentText)];
}

/** The general exit codes with the command's own meanings in their places. */
export function exitCodes(command: Command): Readonly<Record<number, string>> {
  return { ...EXIT_CODES, ...command.exitCodes };
}

/** `-l, --long VALUE`. */
export function optionTerm(option: OptionSpec): string {
  const value = option.value === undefined ? '' : ` ${option.value}`;
  const names = [...(option.short === undefined ? [] : [`-${option.short}`]), `--${option.long}`];
  if (option.alias !== undefined) names.push(`--${option.alias}`);
  return `${names.join(', ')}${value}`;
}

/** The summary with the values that may be chosen. */
export function optionSummary(option: OptionSpec): string {
  const extra = option.choices === undefined ? '' : ` (${option.choices.join(', ')})`;
  return `${option.summary}${extra}${option.repeat === true ? '; may be repeated' : ''}`;
}

/** Whether a command's page leaves a global option out: it has one of that name, or it cannot use it. */
export function hides(command: Command, spec: OptionSpec): boolean {
  if (Object.values(command.options).some((option) => option.long === spec.long)) return true;
  if (spec.long === 'at') return command.group === 'shell' || (command.changes === true && command.acceptsAt !== true);
  return (spec.long === 'format' || spec.long === 'json') && command.formats === undefined;
}

function argumentText(argument: ArgumentSpec): string {
  const name = `${argument.name}${argument.rest === true && !argument.name.includes('...') ? '...' : ''}`;
  return argument.optional === true ? `[${name}]` : name;
}

function optionRows(options: readonly OptionSpec[]): readonly string[] {
  const indent = (option: OptionSpec): string => (option.short === undefined ? '    ' : '');
  return columns(options.map((option) => [`${indent(option)}${optionTerm(option)}`, optionSummary(option)]));
}

function exitCodeRows(codes: Readonly<Record<number, string>>): readonly string[] {
  return Object.entries(codes).map(([code, meaning]) => `  ${code.padStart(3)}  ${meaning}`);
}

function columns(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.min(28, Math.max(...rows.map(([term]) => term.length)));
  return rows.flatMap(([term, text]) => {
    const [first = '', ...more] = wrap(text, WIDTH - width - 4);
    const indent = ' '.repeat(width + 4);
    const rest = more.map((line) => `${indent}${line}`);
    return term.length > width ? [`  ${term}`, `${indent}${first}`, ...rest] : [`  ${term.padEnd(width)}  ${first}`, ...rest];
  });
}

function wrap(text: string, width: number): readonly string[] {
  return fill(text.split(' '), width);
}

function fill(words: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
