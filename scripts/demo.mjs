// `npm start`: the main job on real files, with the built `pond`. Makes a fresh pond in ./demo-pond every time.
import { spawnSync } from 'node:child_process';
import { appendFileSync, copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const cli = join(root, 'packages/cmd/dist/pond.cjs');
const directory = join(root, 'demo-pond');

const samples = join(root, 'node_modules/vega-datasets/data');
const inbox = mkdtempSync(join(tmpdir(), 'pond-demo-'));
mkdirSync(join(inbox, 'weather'));
mkdirSync(join(inbox, 'sensors'));
for (const name of ['seattle-weather.csv', 'seattle-weather-hourly-normals.csv', 'weather.csv', 'global-temp.csv']) copyFileSync(join(samples, name), join(inbox, 'weather', name));
for (const name of ['windvectors.csv', 'co2-concentration.csv', 'flights-3m.parquet']) copyFileSync(join(samples, name), join(inbox, 'sensors', name));

try {
  rmSync(directory, { recursive: true, force: true });
  say('A pond is a directory. This makes one in ./demo-pond.');
  pond('init', '--birthplace', 'npm start');
  say('Real weather and sensor files come in, as one transaction.');
  pond('copy', `host://${inbox}/weather`, `host://${inbox}/sensors`, '/');
  pond('list');
  say('Every change is a transaction. The log says who, when and what.');
  pond('log');
  say('A correction comes in, a file moves, another goes.');
  appendFileSync(join(inbox, 'weather', 'seattle-weather.csv'), '2016-01-01,0.0,5.1,-1.2,3.4,sun\n');
  pond('copy', `host://${inbox}/weather/seattle-weather.csv`, '/weather/seattle-weather.csv');
  pond('mkdir', '/archive');
  pond('mv', '/weather/global-temp.csv', '/archive/global-temp.csv');
  pond('rm', '/sensors/windvectors.csv');
  say('What has changed since transaction 2?');
  pond('diff', '2');
  say('The older state is still there, whole.');
  pond('list', '/weather/*', '--at', '2');
  pond('cat', '/weather/seattle-weather.csv', '--version', '1', { tail: 2 });
  pond('cat', '/weather/seattle-weather.csv', { tail: 2 });
  say('And it can be brought back: as a new transaction, nothing is forgotten.');
  pond('revert', '2');
  pond('diff', '2');
  say('The operation log itself, its newest records:');
  pond('show', '--limit', '6');
  say('Everything is verified: log, files, hashes, tree.');
  pond('fsck', '--verbose');
  pond('status');
} finally {
  rmSync(inbox, { recursive: true, force: true });
}

process.stdout.write(`
Try next, from this directory:

  export POND="$PWD/demo-pond"
  alias pond="node $PWD/packages/cmd/dist/pond.cjs"

  pond tree
  pond copy README.md /notes/
  pond log --txn 3
  pond help
`);

function say(text) {
  process.stdout.write(`\n${bold(text)}\n`);
}

function bold(text) {
  return process.stdout.isTTY && !process.env.NO_COLOR ? `\u001b[1m${text}\u001b[0m` : text;
}

/** Runs the built `pond` as a user would; with `tail`, only the last lines of its output are shown. */
function pond(...words) {
  const options = typeof words.at(-1) === 'object' ? words.pop() : {};
  const shown = words.map((word) => word.replace(inbox, '/INBOX')).join(' ');
  run(`pond ${shown}${options.tail ? ` | tail -n ${options.tail}` : ''}`, [process.execPath, cli, ...words], options);
}

function run(shown, [command, ...args], options = {}) {
  process.stdout.write(`$ ${shown}\n`);
  const env = { ...process.env, POND: directory };
  const { status, error, stdout } = spawnSync(command, args, { cwd: root, env, encoding: 'utf8', stdio: ['ignore', options.tail ? 'pipe' : 'inherit', 'inherit'] });
  if (options.tail) process.stdout.write(`${stdout.trimEnd().split('\n').slice(-options.tail).join('\n')}\n`);
  if (error) throw error;
  if (status !== 0) {
    process.stderr.write(`\nnpm start: "${shown}" ended with ${status}\n`);
    process.exit(1);
  }
}
