import { ELSEWHERE_COMMANDS } from './catalog/elsewhere.ts';
import { FILE_COMMANDS } from './catalog/files.ts';
import { HYDROVU_COMMANDS } from './catalog/hydrovu.ts';
import { LAKE_COMMANDS } from './catalog/lake.ts';
import { POND_COMMANDS } from './catalog/pond.ts';
import { RESOURCE_COMMANDS } from './catalog/resources.ts';
import { ROW_COMMANDS } from './catalog/rows.ts';
import { SHELL_COMMANDS } from './catalog/shell.ts';
import { TRANSFER_COMMANDS } from './catalog/transfer.ts';
import type { Command } from './command.ts';

/** Every command: the one source for parsing, help, completion, man pages and docs/cli. */
export const COMMANDS: readonly Command[] = [
  ...POND_COMMANDS, ...FILE_COMMANDS, ...ROW_COMMANDS, ...TRANSFER_COMMANDS, ...RESOURCE_COMMANDS, ...ELSEWHERE_COMMANDS, ...LAKE_COMMANDS,
  ...HYDROVU_COMMANDS, ...SHELL_COMMANDS,
];

/** The command that the first one or two words name, and how many words its name takes. */
export function findCommand(
  commands: readonly Command[],
  words: readonly string[],
): { readonly command: Command; readonly words: 1 | 2 } | undefined {
  const [first = '', second] = words;
  const pair = second === undefined ? undefined : commands.find((command) => command.name === `${first} ${second}`);
  if (pair !== undefined) return { command: pair, words: 2 };
  const single = commands.find((command) => command.name === first || command.aliases?.includes(first) === true);
  return single === undefined ? undefined : { command: single, words: 1 };
}
