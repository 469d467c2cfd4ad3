import type { ArgumentSpec, Command, OptionSpec } from '../command.ts';
import { completables, firstWords, GLOBALS, knownValues, secondWords, typedNames } from './words.ts';

/** A completion script for zsh: `_arguments` specifications. */
export function zshCompletion(commands: readonly Command[]): string {
  const all = completables(commands);
  const cases = all.filter(({ path }) => !path.includes(' ')).map(({ path, options, arguments: args, formats }) => {
    const longer = secondWords(all, path);
    const specs = [
      ...[...options, ...GLOBALS].map((option) => optionSpec(option, formats)),
      ...(longer.length > 0 ? [`'*: :(${longer.join(' ')})'`] : args.map(argumentSpec)),
    ];
    return `    ${path})\n      _arguments -s \\\n        ${specs.join(' \\\n        ')} ;;`;
  });
  return `#compdef pond
# zsh completion for pond, made by 'pond completion zsh'
_pond() {
  local curcontext="$curcontext" state line
  typeset -A opt_args
  _arguments -C -s \\
    ${[...GLOBALS.map((option) => optionSpec(option, [])), "'--version[The version of pond]'"].join(' \\\n    ')} \\
    '1: :->command' \\
    '*:: :->arguments'
  case $state in
  command)
    local -a commands=(
${firstWords(all).map(({ word, summary }) => `      '${word}:${quote(summary)}'`).join('\n')}
    )
    _describe -t commands 'pond command' commands ;;
  arguments)
    case $line[1] in
${cases.join('\n')}
    esac ;;
  esac
}
if [ "$funcstack[1]" = _pond ]; then _pond "$@"; else compdef _pond pond; fi
`;
}

function optionSpec(option: OptionSpec, formats: readonly string[]): string {
  const names = typedNames(option);
  const exclusive = option.repeat === true ? '*' : `(${names.join(' ')})`;
  const values = knownValues(option, formats);
  const action = values.length > 0 ? `(${values.join(' ')})` : option.of === 'host-file' ? '_files' : ' ';
  const tail = `[${quote(option.summary).replace(/[[\]]/g, '\\$&')}]${option.value === undefined ? '' : `:${option.value}:${action}`}`;
  return names.length === 1 ? `'${exclusive === '*' ? '*' : ''}${names[0] ?? ''}${tail}'` : `'${exclusive}'{${names.join(',')}}'${tail}'`;
}

function argumentSpec(argument: ArgumentSpec): string {
  const action = argument.choices !== undefined ? `(${argument.choices.join(' ')})` : argument.of === 'host-file' ? '_files' : ' ';
  const colons = argument.rest === true ? '*:' : argument.optional === true ? '::' : ':';
  return `'${colons}${argument.name}:${action}'`;
}

function quote(text: string): string {
  return text.replaceAll("'", "'\\''").replaceAll(':', '\\:');
}
