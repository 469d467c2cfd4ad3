import { COMMANDS } from './commands.ts';
import { documentation } from './docs.ts';
import { commandManPage, manName, summaryManPage } from './man.ts';

/** What the build writes: man pages and docs/cli, by file name. */
export const manPages: Readonly<Record<string, string>> = {
  'pond.1': summaryManPage(COMMANDS),
  ...Object.fromEntries(COMMANDS.map((command) => [`${manName(command)}.1`, commandManPage(command)])),
};
export const docPages: Readonly<Record<string, string>> = documentation(COMMANDS);
