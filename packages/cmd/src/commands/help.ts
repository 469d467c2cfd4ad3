import { COMMANDS, findCommand } from '../commands.ts';
import type { Context } from '../context.ts';
import { commandHelp, summaryHelp } from '../help.ts';
import { commandManPage, summaryManPage } from '../man.ts';
import { unknownCommand } from '../parse.ts';

export async function run(context: Context, { words }: { words: readonly string[] }, { man }: { man: boolean }): Promise<void> {
  if (words.length === 0) {
    await context.out.write(man ? summaryManPage(COMMANDS) : summaryHelp(COMMANDS));
    return;
  }
  const found = findCommand(COMMANDS, words);
  if (found === undefined) throw unknownCommand(words.join(' '), COMMANDS);
  await context.out.write(man ? commandManPage(found.command) : commandHelp(found.command));
}
