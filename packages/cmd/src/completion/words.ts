import { GLOBAL_OPTIONS } from '../catalog/globals.ts';
import type { ArgumentSpec, Command, OptionSpec } from '../command.ts';
import { ROW_FORMATS } from '../output/format.ts';

/** A command as the completion scripts see it. */
export interface Completable {
  /** The words that select it: its name or an alias. */
  readonly path: string;
  readonly summary: string;
  readonly options: readonly OptionSpec[];
  readonly arguments: readonly ArgumentSpec[];
  readonly formats: readonly string[];
}

export const GLOBALS: readonly OptionSpec[] = Object.values(GLOBAL_OPTIONS);

export function completables(commands: readonly Command[]): readonly Completable[] {
  return commands.flatMap((command) => [command.name, ...(command.aliases ?? [])].map((path) => ({
    path,
    summary: command.summary,
    options: Object.values(command.options),
    arguments: Object.values(command.arguments),
    formats: command.formats ?? [],
  })));
}

/** `-l` and `--long`, as they are typed. */
export function typedNames(option: OptionSpec): readonly string[] {
  return [
    ...(option.short === undefined ? [] : [`-${option.short}`]),
    `--${option.long}`,
    ...(option.alias === undefined ? [] : [`--${option.alias}`]),
  ];
}

/** The values that an option takes, when they are known. */
export function knownValues(option: OptionSpec, formats: readonly string[]): readonly string[] {
  if (option.choices !== undefined) return option.choices;
  return option.long === 'format' ? (formats.length > 0 ? formats : ROW_FORMATS) : [];
}

/** First words, each once, with the summary of the command that is just that word. */
export function firstWords(commands: readonly Completable[]): readonly { readonly word: string; readonly summary: string }[] {
  const words = new Map<string, string>();
  for (const { path, summary } of commands) {
    const [word = ''] = path.split(' ');
    if (!words.has(word) || path === word) words.set(word, summary);
  }
  return [...words].map(([word, summary]) => ({ word, summary }));
}

/** Words that may follow a first word to make a longer command. */
export function secondWords(commands: readonly Completable[], first: string): readonly string[] {
  return commands.flatMap(({ path }) => (path.startsWith(`${first} `) ? [path.slice(first.length + 1)] : []));
}
