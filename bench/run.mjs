// `npm run bench`: every line, or those named after `--`; `--quick` for a smaller version, `--update` to write docs/benchmarks.md.
import { cpus, release, totalmem, type as osType } from 'node:os';
import { readFileSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';

const LINES = [
  'startup', 'commit', 'concurrency', 'open-list', 'directory', 'copy-many', 'copy-large',
  'sql-start', 'sql-table', 'sql-appends', 'nested', 'import', 'append-stream', 'spill', 'stream', 'storage', 'join', 'pivot', 'reduce', 'collect', 'logfile', 'site',
  'backup',
];
const PAGE = new URL('../docs/benchmarks.md', import.meta.url);

const args = process.argv.slice(2);
const quick = args.includes('--quick');
const wanted = args.filter((arg) => !arg.startsWith('--'));
const unknown = wanted.find((name) => !LINES.includes(name));
if (unknown !== undefined) {
  process.stderr.write(`bench: there is no line "${unknown}", one of ${LINES.join(', ')} was wanted\n`);
  process.exit(2);
}

const sections = [];
for (const name of wanted.length === 0 ? LINES : wanted) {
  const { title, run } = await import(`./${name}.mjs`);
  process.stdout.write(`\n${title} (${name})\n`);
  const rows = await run({ quick });
  for (const row of rows) process.stdout.write(`  ${row.what}: ${row.ours} | ${row.against} | ${row.result} | target ${row.target}${row.ok === undefined ? '' : row.ok ? ' | met' : ' | NOT MET'}\n`);
  sections.push(sectionOf(name, title, rows));
}
if (args.includes('--update')) update(sections);

function sectionOf(name, title, rows) {
  const cells = rows.map(({ what, ours, against, result, target, ok }) => `| ${[what, ours, against, result, target, ok === undefined ? '' : ok ? 'met' : '**not met**'].join(' | ')} |`);
  const text = [`## ${title}`, '', `\`npm run bench -- ${name}\`${quick ? ' `--quick`' : ''}, ${new Date().toISOString().slice(0, 10)}`, '',
    '| what | DuckPond | against | result | target | |', '|---|---|---|---|---|---|', ...cells, ''].join('\n');
  return { title, text };
}

/** Puts the new sections in the places of those with the same title. */
function update(fresh) {
  let page;
  try { page = readFileSync(PAGE, 'utf8'); } catch { page = `# Benchmarks\n\n${machine()}\n`; }
  page = page.replace(/^Machine: .*$/m, machine());
  for (const { title, text } of fresh) {
    const start = page.indexOf(`## ${title}\n`);
    if (start < 0) { page = `${page.trimEnd()}\n\n${text}`; continue; }
    const next = page.indexOf('\n## ', start + 1);
    page = `${page.slice(0, start)}${text}${next < 0 ? '' : page.slice(next)}`;
  }
  writeFileSync(PAGE, `${page.trimEnd()}\n`);
}

function machine() {
  const git = spawnSync('git', ['--version'], { encoding: 'utf8' }).stdout?.trim() ?? 'no git';
  const sqlite = spawnSync('sqlite3', ['--version'], { encoding: 'utf8' }).stdout?.split(' ')[0] ?? '';
  return `Machine: ${cpus().length} cores (${cpus()[0]?.model.trim()}), ${(totalmem() / 2 ** 30).toFixed(0)} GiB, ${osType()} ${release()}, `
    + `Node ${process.version}, ${git}, SQLite ${sqlite || 'absent'}.`;
}
