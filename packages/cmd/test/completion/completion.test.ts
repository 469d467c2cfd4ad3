import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { COMMANDS } from '../../src/commands.ts';
import { bashCompletion } from '../../src/completion/bash.ts';
import { run, scratchDirectory } from '../fake-effects.ts';

const has = (shell: string): boolean => spawnSync(shell, ['-c', 'exit 0']).status === 0;

test.each(['bash', 'zsh', 'fish'])('pond completion %s names every command and is well-formed', async (shell) => {
  const { code, stdout } = await run(['completion', shell]);
  expect(code).toBe(0);
  for (const { name } of COMMANDS) expect(stdout).toContain(name.split(' ')[0]);
  const script = join(scratchDirectory(), 'script');
  writeFileSync(script, stdout);
  if (has(shell)) expect(spawnSync(shell, ['-n', script], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
});

/** What bash offers for the last of these words. */
function complete(...words: string[]): string[] {
  const script = `${bashCompletion(COMMANDS)}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _pond; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return spawnSync('bash', ['--norc', '-c', script], { encoding: 'utf8', cwd: new URL('.', import.meta.url) }).stdout.trim().split('\n');
}

test.skipIf(!has('bash'))('bash completes commands, options, values and files', () => {
  expect(complete('pond', 'li')).toEqual(['list']);
  expect(complete('pond', '--json', 'sh')).toEqual(['show']);
  expect(complete('pond', 'show', '--lim')).toEqual(['--limit']);
  expect(complete('pond', 'show', '--format', 'par')).toEqual(['parquet']);
  expect(complete('pond', '--pond', 'x', 'list', '--al')).toEqual(['--all']);
  expect(complete('pond', 'config', 's')).toEqual(['set']);
  expect(complete('pond', 'completion', '')).toEqual(['bash', 'zsh', 'fish']);
  expect(complete('pond', 'find', '--kind', 'ser')).toEqual(['series']);
  expect(complete('pond', 'copy', 'compl')).toEqual(['completion.test.ts']);
});
