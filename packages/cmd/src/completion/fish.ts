import type { Command, OptionSpec } from '../command.ts';
import { completables, firstWords, GLOBALS, knownValues, secondWords } from './words.ts';

/** A completion script for fish: one `complete` line for each word and option. */
export function fishCompletion(commands: readonly Command[]): string {
  const all = completables(commands);
  const lines = [
    ...GLOBALS.map((option) => optionLine('', option, [])),
    ...firstWords(all).map(({ word, summary }) => `complete -c pond -n __fish_use_subcommand -f -a ${word} -d ${quote(summary)}`),
    ...all.filter(({ path }) => !path.includes(' ')).flatMap(({ path, options, arguments: args, formats }) => {
      const seen = `-n '__fish_seen_subcommand_from ${path}'`;
      const words = [...secondWords(all, path), ...args.flatMap((argument) => argument.choices ?? [])];
      const files = args.some((argument) => argument.of === 'host-file');
      return [
        ...options.map((option) => optionLine(seen, option, formats)),
        ...(words.length > 0 ? [`complete -c pond ${seen} -f -a ${quote(words.join(' '))}`] : files ? [] : [`complete -c pond ${seen} -f`]),
      ];
    }),
  ];
  return `# fish completion for pond, made by 'pond completion fish'\n${lines.join('\n')}\n`;
}

function optionLine(condition: string, option: OptionSpec, formats: readonly string[]): string {
  const values = knownValues(option, formats);
  const parts = ['complete -c pond', condition, `-l ${option.long}`];
  if (option.short !== undefined) parts.push(`-s ${option.short}`);
  if (option.value !== undefined) parts.push(option.of === 'host-file' ? '-r -F' : '-x');
  if (values.length > 0) parts.push(`-a ${quote(values.join(' '))}`);
  parts.push(`-d ${quote(option.summary)}`);
  return parts.filter((part) => part !== '').join(' ');
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
