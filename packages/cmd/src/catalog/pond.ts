import { type Command } from '../command.ts';
export const POND_COMMANDS: readonly Command[] = [];
