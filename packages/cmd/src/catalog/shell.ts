import { type Command, define } from '../command.ts';

export const SHELL_COMMANDS: readonly Command[] = [
  define({
    name: 'help',
    group: 'shell',
    summary: 'Show help on a command, or the list of commands',
    arguments: { words: { name: 'COMMAND', summary: 'A command', optional: true, rest: true } },
    options: { man: { long: 'man', summary: 'Print it as a man page (roff)' } },
    examples: [
      { line: 'pond help copy', summary: 'Help on one command' },
      { line: 'pond help list --man | man -l -', summary: 'The same as a man page' },
    ],
    load: () => import('../commands/help.ts'),
  }),
  define({
    name: 'completion',
    group: 'shell',
    summary: 'Print a completion script for a shell',
    description: [
      'The script is static: it needs no pond and starts no process while you type.',
    ],
    arguments: { shell: { name: 'SHELL', summary: 'bash, zsh or fish', choices: ['bash', 'zsh', 'fish'] } },
    options: {},
    examples: [
      { line: 'pond completion bash > ~/.local/share/bash-completion/completions/pond', summary: 'For bash, for good' },
      { line: 'source <(pond completion zsh)', summary: 'For this zsh' },
      { line: 'pond completion fish > ~/.config/fish/completions/pond.fish', summary: 'For fish, for good' },
    ],
    load: () => import('../commands/completion.ts'),
  }),
  define({
    name: 'version',
    group: 'shell',
    summary: 'Show the versions of pond, Node and the on-disk format',
    formats: ['text', 'json'],
    arguments: {},
    options: {},
    examples: [{ line: 'pond version --json', summary: 'For a program' }],
    load: () => import('../commands/version.ts'),
  }),
];
