// Writes docs/cli/ from the command table; `--check` only says whether it is up to date (exit 1 when not).
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadManual } from './load-manual.mjs';

const directory = fileURLToPath(new URL('../../docs/cli/', import.meta.url));
const { docPages } = await loadManual();
mkdirSync(directory, { recursive: true });

const present = new Set(readdirSync(directory));
const stale = [...present].filter((name) => !(name in docPages));
const changed = Object.keys(docPages).filter((name) => !present.has(name) || readFileSync(directory + name, 'utf8') !== docPages[name]);
if (process.argv.includes('--check')) {
  for (const name of [...stale, ...changed]) process.stderr.write(`docs/cli/${name} is not what the command table says\n`);
  process.exitCode = stale.length + changed.length > 0 ? 1 : 0;
} else {
  for (const name of stale) rmSync(directory + name);
  for (const name of changed) writeFileSync(directory + name, docPages[name]);
}
