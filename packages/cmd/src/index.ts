export { main } from './cli.ts';
export type { Command } from './command.ts';
export { COMMANDS } from './commands.ts';
export { type Effects, type Output, OutputClosed, realEffects } from './effects.ts';
