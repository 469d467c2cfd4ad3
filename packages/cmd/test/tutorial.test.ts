import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { scratchDirectory } from './fake-effects.ts';

// docs/tutorial.md is run block by block by a shell, with the built command; what it prints is what the page shows.

const bin = fileURLToPath(new URL('../dist/pond.cjs', import.meta.url));
const page = readFileSync(new URL('../../../docs/tutorial.md', import.meta.url), 'utf8');

beforeAll(() => {
  if (!existsSync(bin)) spawnSync(process.execPath, [fileURLToPath(new URL('../build.mjs', import.meta.url))], { stdio: 'inherit' });
});

const blocks = [...page.matchAll(/```sh\n([^]*?)```(?:\s*```text\n([^]*?)```)?/g)].map(([, script = '', shown]) => ({ script, shown }));

it('docs/tutorial.md does what it says', { timeout: 180_000 }, () => {
  const cwd = scratchDirectory();
  const marker = 'END OF BLOCK 4711';
  const script = blocks.map((block) => `${block.script}\necho '${marker}'`).join('\n');
  const begin = `set -u\nexec 2>&1\npond() { '${process.execPath}' '${bin}' --quiet "$@"; }`;
  const { stdout, status } = spawnSync('bash', ['--norc', '-c', `${begin}\n${script}`], {
    cwd, encoding: 'utf8', env: { PATH: process.env['PATH'], HOME: cwd, XDG_CACHE_HOME: cwd, TZ: 'UTC' },
  });
  const printed = stdout.split(`${marker}\n`);
  expect(status, stdout).toBe(0);
  expect(printed).toHaveLength(blocks.length + 1);
  for (const [at, { shown }] of blocks.entries()) expect(printed[at]).toMatch(patternOf(shown ?? ''));
});

/** The text with anything in the place of `…`, which takes no end of a line but where it stands alone. */
function patternOf(shown: string): RegExp {
  const lines = shown.split('\n').map((line) => (line === '…' ? '.*(?:\\n(?!ended).*)?'
    : line.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*')));
  return new RegExp(`^${lines.join('\\n')}$`);
}
