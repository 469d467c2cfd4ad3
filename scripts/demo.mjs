// `npm start`: the main job on real files, with the built `pond`. Makes a fresh pond in ./demo-pond every time.
import { spawnSync } from 'node:child_process';
import { appendFileSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const cli = join(root, 'packages/cmd/dist/pond.cjs');
const directory = join(root, 'demo-pond');
const site = join(root, 'demo-site');

const samples = join(root, 'node_modules/vega-datasets/data');
const inbox = mkdtempSync(join(tmpdir(), 'pond-demo-'));
mkdirSync(join(inbox, 'weather'));
for (const name of ['seattle-weather.csv', 'global-temp.csv']) copyFileSync(join(samples, name), join(inbox, 'weather', name));
for (const name of ['seattle-weather-hourly-normals.csv', 'flights-3m.parquet']) copyFileSync(join(samples, name), join(inbox, name));

try {
  rmSync(directory, { recursive: true, force: true });
  say('A pond is a directory. This makes one in ./demo-pond.');
  pond('init', '--birthplace', 'npm start');

  say('Files come in as bytes, or as rows: a table is replaced, a series is added to. Each copy is one transaction.');
  pond('copy', `host://${inbox}/weather`, '/');
  pond('copy', `host+series://${inbox}/weather/seattle-weather.csv`, '/seattle/daily',
    '--unit', 'wind=m/s', '--unit', 'temp_max=°C', '--description', 'precipitation=rain and snow, mm');
  pond('copy', `host+table://${inbox}/seattle-weather-hourly-normals.csv`, '/seattle/normals');
  pond('copy', `host+series://${inbox}/flights-3m.parquet`, '/flights');
  pond('list');

  say('What is in a series, without reading it:');
  pond('describe', '/seattle/daily');

  say('Tables, series and files answer SQL together: the warmest days, and what was to be expected at noon.');
  pond('sql', `
    SELECT d.date::DATE AS day, d.temp_max, round(n.temperature, 1) AS normal, d.weather
    FROM '/seattle/daily' d
    JOIN '/seattle/normals' n ON dayofyear(n.date) = dayofyear(d.date) AND hour(n.date) = 12
    ORDER BY d.temp_max DESC LIMIT 3`);
  say('Three million flights, by the hour of the day:');
  pond('sql', `
    SELECT hour(date_trunc('hour', date)) AS hour, count(*) AS flights, round(avg(delay), 1) AS mean_delay
    FROM '/flights' GROUP BY hour ORDER BY flights DESC LIMIT 4`);
  pond('plot', '/seattle/daily', '--y', 'temp_max');

  say('What can be computed is stored as a config: rollups by month and year, which follow the calendar and what is added.');
  writeFileSync(join(inbox, 'pond.yaml'), `version: v1
kind: mknod
metadata: { path: /seattle/rollups }
spec:
  factory: temporal-reduce
  config:
    in_pattern: /seattle/daily
    out_pattern: /
    resolutions: [1mo, 1y]
    aggregations:
      - { type: max, columns: [temp_max] }
      - { type: sum, columns: [precipitation] }
      - { type: count, columns: [date] }
`);
  pond('apply', '-f', join(inbox, 'pond.yaml'));
  pond('cat', '/seattle/rollups/res=1y.series', '--format', 'table');

  say('Rows stream in, a transaction a second; what is no row is put aside.');
  const rows = ['date,precipitation,temp_max,temp_min,wind,weather', '2016-01-01,0.0,5.1,-1.2,3.4,sun', '2016-01-02,0.0,warm,-1.0,2.9,sun'];
  pond('append', '/seattle/daily', '--format', 'csv', { exit: 3, input: `${rows.join('\n')}\n` });
  pond('cat', '/seattle/daily.rejected.ndjson');
  pond('tail', '-n', '2', '/seattle/daily');

  say('Other programs get files by month. Exported again, what is the same stays untouched.');
  pond('export', '-p', '/seattle/*', '-d', join(inbox, 'out'), '--temporal', 'year,month', { isQuiet: true });
  pond('export', '-p', '/seattle/*', '-d', join(inbox, 'out'), '--temporal', 'year,month', { isQuiet: true });
  process.stdout.write(`${readdirSync(join(inbox, 'out', 'daily')).sort().join('  ')}\n`);

  say('Every change is a transaction. A correction comes in, and a mistake:');
  appendFileSync(join(inbox, 'weather', 'global-temp.csv'), '2017,0.9\n');
  pond('copy', `host://${inbox}/weather/global-temp.csv`, '/weather/global-temp.csv');
  pond('rm', '/seattle/normals', '/flights');
  say('What has changed since transaction 7? The older state is still there, and can be brought back.');
  pond('diff', '7');
  pond('count', '/seattle/daily', '--at', '7');
  pond('revert', '7');
  pond('log', '--limit', '2');

  say('A site of all this: charts that zoom, without a server behind them. Built again, nothing is touched.');
  pond('copy', `host://${join(root, 'scripts/demo-site')}`, '/');
  pond('mv', '/demo-site', '/site');
  pond('copy', `host://${join(samples, 'weather.csv')}`, '/weather/weather.csv');
  pond('mkdir', '/stations');
  for (const name of ['Seattle', 'New York']) {
    pond('mknod', 'sql-derived-series', `/stations/${name}`, '--config-path', join(root, `scripts/demo-site/stations/${name}.yaml`));
  }
  pond('mknod', 'temporal-reduce', '/by-time', '--config-path', join(root, 'scripts/demo-site/rollups.yaml'));
  pond('mknod', 'sitegen', '/site/site', '--config-path', join(root, 'scripts/demo-site/site.yaml'));
  rmSync(site, { recursive: true, force: true });
  pond('run', '/site/site', 'build', site);
  pond('run', '/site/site', 'build', site);
  pond('run', '/site/site', 'check', site);

  say('Everything is verified: log, files, hashes, tree.');
  pond('fsck', '--verbose');
} finally {
  rmSync(inbox, { recursive: true, force: true });
}

process.stdout.write(`
Try next, from this directory:

  export POND="$PWD/demo-pond"
  alias pond="node $PWD/packages/cmd/dist/pond.cjs"

  pond tree
  pond sql
  pond plot /seattle/normals --y temperature
  pond help

The site is in ./demo-site. This shows it, and builds it again whenever the pond changes:

  pond run /site/site serve
`);

function say(text) {
  process.stdout.write(`\n${bold(text)}\n`);
}

function bold(text) {
  return process.stdout.isTTY && !process.env.NO_COLOR ? `\u001b[1m${text}\u001b[0m` : text;
}

/** Runs the built `pond` as a user would. `input` is piped to it, `exit` is how it is to end, `isQuiet` leaves its results out. */
function pond(...words) {
  const options = typeof words.at(-1) === 'object' ? words.pop() : {};
  const shown = words.map((word) => quoted(word.replace(inbox, '/INBOX'))).join(' ');
  run(`${options.input === undefined ? '' : 'cat rows.csv | '}pond ${shown}`, [process.execPath, cli, ...words], options);
}

/** As it would be typed; queries keep their lines. */
function quoted(word) {
  if (/^[\w./:+,=-]+$/.test(word)) return word;
  return word.includes("'") ? `"${word.replace(/\n {4}/g, '\n  ')}"` : `'${word}'`;
}

function run(shown, [command, ...args], { input, exit = 0, isQuiet = false }) {
  process.stdout.write(`$ ${shown}\n`);
  const env = { ...process.env, POND: directory };
  const stdio = [input === undefined ? 'ignore' : 'pipe', isQuiet ? 'ignore' : 'inherit', 'inherit'];
  const { status, error } = spawnSync(command, args, { cwd: root, env, stdio, ...(input === undefined ? {} : { input }) });
  if (error) throw error;
  if (status !== exit) {
    process.stderr.write(`\nnpm start: "${shown}" ended with ${status}\n`);
    process.exit(1);
  }
}
