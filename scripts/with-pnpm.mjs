// Installs the workspace with the pinned pnpm (through npx, from the lock file) and then runs one of its scripts:
// `npm start` and `npm test` need nothing on the machine but Node and npm.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PNPM = 'pnpm@10.34.9';
const root = fileURLToPath(new URL('..', import.meta.url));

function pnpm(...args) {
  const { status, error } = spawnSync('npx', ['--yes', PNPM, ...args], { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

const [script, ...rest] = process.argv.slice(2);
pnpm('install', '--frozen-lockfile');
pnpm('run', script, ...rest);
