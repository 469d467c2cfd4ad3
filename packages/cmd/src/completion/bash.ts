import type { Command, OptionSpec } from '../command.ts';
import { completables, firstWords, GLOBALS, knownValues, secondWords, typedNames } from './words.ts';

/** A completion script for bash; it needs nothing but bash. */
export function bashCompletion(commands: readonly Command[]): string {
  const all = completables(commands);
  const valued = [...GLOBALS, ...all.flatMap(({ options }) => options)].filter((option) => option.value !== undefined);
  const cases = all.map(({ path, options, arguments: args, formats }) => {
    const names = [...options, ...GLOBALS].flatMap(typedNames);
    const values = [...options, ...GLOBALS].flatMap((option) => {
      const action = valueAction(option, formats);
      return action === undefined ? [] : [`        ${typedNames(option).join('|')}) ${action}; return ;;`];
    });
    const words = [...args.flatMap((argument) => argument.choices ?? []), ...secondWords(all, path)];
    const files = args.some((argument) => argument.of === 'host-file');
    return [
      `    '${path}')`,
      '      case "$prev" in',
      ...values,
      '      esac',
      `      if [[ $cur == -* ]]; then ${wordList(names)}`,
      ...(words.length > 0 ? [`      else ${wordList(words)}`] : files ? [`      else ${FILES}`] : []),
      '      fi ;;',
    ].join('\n');
  });
  return `# bash completion for pond, made by 'pond completion bash'
_pond() {
  local cur prev word first= command= skip=
  COMPREPLY=()
  cur=\${COMP_WORDS[COMP_CWORD]}
  prev=\${COMP_WORDS[COMP_CWORD-1]}
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ -n $skip ]]; then skip=; continue; fi
    case "$word" in
      ${[...new Set(valued.flatMap(typedNames))].join('|')}) skip=1 ;;
      -*) ;;
      *)
        if [[ -z $first ]]; then first=$word; command=$word
        else
          case "$first $word" in
            ${[...all.filter(({ path }) => path.includes(' ')).map(({ path }) => `'${path}'`), "''"].join('|')}) command="$first $word" ;;
          esac
          break
        fi ;;
    esac
  done
  case "$command" in
    '')
      case "$prev" in
${GLOBALS.flatMap((option) => {
    const action = valueAction(option, []);
    return action === undefined ? [] : [`        ${typedNames(option).join('|')}) ${action}; return ;;`];
  }).join('\n')}
      esac
      ${wordList([...firstWords(all).map(({ word }) => word), ...GLOBALS.flatMap(typedNames), '--version'])} ;;
${cases.join('\n')}
  esac
}
complete -o filenames -o bashdefault -F _pond pond
`;
}

const FILES = 'mapfile -t COMPREPLY < <(compgen -f -- "$cur")';

function wordList(words: readonly string[]): string {
  return `mapfile -t COMPREPLY < <(compgen -W '${words.join(' ')}' -- "$cur")`;
}

function valueAction(option: OptionSpec, formats: readonly string[]): string | undefined {
  if (option.value === undefined) return undefined;
  const values = knownValues(option, formats);
  if (values.length > 0) return wordList(values);
  return option.of === 'host-file' ? FILES : ':';
}
