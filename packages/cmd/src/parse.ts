import { Argument, Command as Parser, CommanderError, InvalidArgumentError, Option } from 'commander';
import { GLOBAL_OPTIONS, type Globals, VERSION_OPTION } from './catalog/globals.ts';
import type { Command, OptionSpec, OptionTable } from './command.ts';
import { findCommand } from './commands.ts';
import { CliError } from './errors.ts';
import { isLogLevel } from './log.ts';
import { nearest } from './nearest.ts';

/** What a command line asks for. */
export type Request =
  | { readonly kind: 'version'; readonly globals: Globals }
  /** Help on a command, or on all when none is named. */
  | { readonly kind: 'help'; readonly command: Command | undefined; readonly asked: boolean }
  | { readonly kind: 'run'; readonly command: Command; readonly globals: Globals; readonly args: unknown; readonly options: unknown };

type Values = Readonly<Record<string, unknown>>;

/**
 * Reads a command line. Only the command that it names is built, so that the cost of a start does not grow with the table.
 *
 * @throws CliError `usage`
 */
export function parseArguments(argv: readonly string[], commands: readonly Command[]): Request {
  const start = argv.findIndex((_, index) => isCommandWord(argv, index));
  const before = start === -1 ? argv : argv.slice(0, start);
  const outer = before.length === 0 ? {} : parse('pond', before, { ...GLOBAL_OPTIONS, version: VERSION_OPTION }, undefined).options;
  const globals = readGlobals(outer);
  if (start === -1) {
    if (outer['version'] === true) return { kind: 'version', globals };
    return { kind: 'help', command: undefined, asked: globals.help };
  }
  const found = findCommand(commands, argv.slice(start));
  if (found === undefined) throw unknownCommand(argv[start] ?? '', commands);
  const { command, words } = found;
  const rest = argv.slice(start + words);
  if (globals.help || wantsHelp(rest, command)) return { kind: 'help', command, asked: true };
  const inner = parse(command.name, rest, { ...globalsFor(command), ...command.options }, command);
  return {
    kind: 'run',
    command,
    globals: readGlobals(merge(outer, inner.options)),
    args: inner.args,
    options: Object.fromEntries(Object.keys(command.options).map((key) => [key, inner.options[key]])),
  };
}

export function unknownCommand(name: string, commands: readonly Command[]): CliError {
  const guess = nearest(name, commands.flatMap((command) => [command.name, ...(command.aliases ?? [])]));
  const hint = guess === undefined ? "'pond help' lists the commands" : `did you mean "${guess}"?`;
  return new CliError('usage', `Cannot run "${name}": there is no such command`, hint);
}

/** Whether the word at this place names the command: the first that is neither an option nor the value of one. */
function isCommandWord(argv: readonly string[], index: number): boolean {
  const word = argv[index] ?? '';
  if (word.startsWith('-') && word !== '-') return false;
  const previous = argv[index - 1];
  return previous === undefined || !takesValue(previous);
}

function takesValue(word: string): boolean {
  return Object.values<OptionSpec>(GLOBAL_OPTIONS).some((spec) => spec.value !== undefined && word === `--${spec.long}`);
}

function wantsHelp(rest: readonly string[], command: Command): boolean {
  const ownShort = Object.values(command.options).some((option) => option.short === 'h');
  for (const word of rest) {
    if (word === '--') return false;
    if (word === '--help' || (word === '-h' && !ownShort)) return true;
    if (command.passThrough === true && !word.startsWith('-')) return false;
  }
  return false;
}

/** The global options as they are after a command's name: a letter or name that the command uses itself is its own. */
function globalsFor(command: Command): OptionTable {
  const own = Object.values(command.options);
  const entries = Object.entries<OptionSpec>(GLOBAL_OPTIONS)
    .filter(([, spec]) => !own.some((option) => option.long === spec.long))
    .map(([key, spec]) => {
      if (spec.short === undefined || !own.some((option) => option.short === spec.short)) return [key, spec] as const;
      const { short: _taken, ...free } = spec;
      return [key, free] as const;
    });
  return Object.fromEntries(entries);
}

/** What stands after the command wins over what stands before it. */
function merge(before: Values, after: Values): Values {
  const given = Object.entries(after).filter(([key, value]) => key in GLOBAL_OPTIONS && value !== undefined && value !== false);
  return { ...before, ...Object.fromEntries(given) };
}

function readGlobals(values: Values): Globals {
  const text = (key: keyof Globals): string | undefined => {
    const value = values[key];
    return typeof value === 'string' ? value : undefined;
  };
  const level = text('logLevel');
  const format = text('logFormat');
  return {
    pond: text('pond'),
    at: text('at'),
    format: text('format'),
    json: values['json'] === true,
    quiet: values['quiet'] === true,
    verbose: values['verbose'] === true,
    debug: values['debug'] === true,
    noColor: values['noColor'] === true,
    logLevel: level !== undefined && isLogLevel(level) ? level : undefined,
    logFormat: format === 'json' || format === 'text' ? format : undefined,
    help: values['help'] === true,
  };
}

function parse(
  name: string,
  words: readonly string[],
  options: OptionTable,
  command: Command | undefined,
): { readonly args: Values; readonly options: Values } {
  const parser = new Parser(name).helpOption(false).allowExcessArguments(false);
  parser.exitOverride().configureOutput({ writeErr: () => undefined });
  if (command?.passThrough === true) parser.passThroughOptions();
  const built = Object.entries(options).map(([key, spec]) => ({ key, spec, made: addOption(parser, spec) }));
  const argumentSpecs = Object.entries(command?.arguments ?? {});
  for (const [, spec] of argumentSpecs) {
    const argument = new Argument(spec.optional === true ? `[${spec.name}${dots(spec)}]` : `<${spec.name}${dots(spec)}>`);
    if (spec.choices !== undefined) argument.choices(spec.choices);
    parser.addArgument(argument);
  }
  try {
    parser.parse([...words], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) throw usageError(name, error.message);
    throw error;
  }
  const values: Values = parser.opts();
  const read = ({ spec, made }: (typeof built)[number]): unknown => {
    const given = made.map((option) => values[option.attributeName()]).filter((value) => value !== undefined);
    if (spec.value === undefined) return spec.long.startsWith('no-') ? given.includes(false) : given.includes(true);
    return spec.repeat === true ? given.flat() : given.at(-1);
  };
  return {
    options: Object.fromEntries(built.map((option) => [option.key, read(option)])),
    args: Object.fromEntries(argumentSpecs.map(([key, spec], index) => [key, parser.processedArgs[index] ?? (spec.rest ? [] : undefined)])),
  };
}

function dots(spec: { readonly rest?: true }): string {
  return spec.rest === true ? '...' : '';
}

function addOption(parser: Parser, spec: OptionSpec): readonly Option[] {
  const value = spec.value === undefined ? '' : ` <${spec.value}>`;
  const names = [`${spec.short === undefined ? '' : `-${spec.short}, `}--${spec.long}${value}`];
  if (spec.alias !== undefined) names.push(`--${spec.alias}${value}`);
  return names.map((flags) => {
    const option = new Option(flags);
    const convert = spec.type === 'integer' ? wholeNumber : (text: string): string => text;
    if (spec.choices !== undefined) option.choices(spec.choices);
    if (spec.repeat === true) {
      option.argParser<unknown[]>((text, previous) => [...(Array.isArray(previous) ? previous : []), convert(text)]);
    } else if (spec.type === 'integer') {
      option.argParser(wholeNumber);
    }
    parser.addOption(option);
    return option;
  });
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError('a whole number was wanted');
  return value;
}

/** Commander's sentences in the grammar of ours. */
const SENTENCES: readonly (readonly [RegExp, string])[] = [
  [/^too many arguments\. Expected 0 .* got (\d+)$/, 'no argument was wanted, $1 given'],
  [
    /^too many arguments\. Expected (\d+) .* got (\d+)$/,
    'at most $1 of the $2 arguments was wanted; quote a pattern, or the shell expands it',
  ],
  [/^missing required argument "(.*)"$/, 'the argument $1 is missing'],
  [/^option "(.*)" argument missing$/, 'the value of $1 is missing'],
  [/^option "(.*)" argument "(.*)" is invalid\. Allowed choices are (.*)$/s, '"$2" is given for $1, one of $3 was wanted'],
  [/^option "(.*)" argument "(.*)" is invalid\. (.*)$/s, '"$2" is given for $1, $3'],
  [
    /^command-argument value "(.*)" is invalid for argument "(.*)"\. Allowed choices are (.*)$/s,
    '"$1" is given for $2, one of $3 was wanted',
  ],
];

function usageError(name: string, text: string): CliError {
  const [what = '', guess] = text.replace(/^error: /, '').split(/\s*\n\(Did you mean /);
  const said = what.replaceAll("'", '"').replace(/\.$/, '');
  const sentence = SENTENCES.reduce((text, [pattern, ours]) => text.replace(pattern, ours), said);
  const hint = guess === undefined ? `pond ${name === 'pond' ? '' : `${name} `}--help` : `did you mean ${guess.replace(/\)$/, '')}`;
  return new CliError('usage', `Cannot run "${name}": ${sentence}`, hint);
}
