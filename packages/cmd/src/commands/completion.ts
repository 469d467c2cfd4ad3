import { COMMANDS } from '../commands.ts';
import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import { zshCompletion } from '../completion/zsh.ts';
import type { Context } from '../context.ts';

const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

export async function run(context: Context, { shell }: { shell: string }): Promise<void> {
  const script = Object.entries(SCRIPTS).find(([name]) => name === shell)?.[1];
  if (script !== undefined) await context.out.write(script(COMMANDS));
}
