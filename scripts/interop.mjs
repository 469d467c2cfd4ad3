// Lets other engines read a lake and the store of a pond, and one of them append: `npm run test:interop [-- --python DIR]`.
// Writes docs/interop.md. What cannot be installed is named there and skipped; a difference ends with exit code 1.
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, env, exit, stderr } from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { createPond, importRows, openRowImporter, realEnvironment } from '../packages/pond/dist/index.js';
import { openRemote, pushLake } from '../packages/remote/dist/index.js';

const READER = fileURLToPath(new URL('interop/read.py', import.meta.url));
const PAGE = fileURLToPath(new URL('../docs/interop.md', import.meta.url));
const DELTA_JARS = ['io.delta:delta-spark_2.13:4.0.0', 'io.delta:delta-storage:4.0.0'];
const ENGINES = [
  { engine: 'deltalake', name: 'delta-rs (Python deltalake)', packages: ['deltalake==1.6.6', 'pyarrow'], version: 'deltalake' },
  { engine: 'pandas', name: 'pandas over deltalake', packages: ['deltalake==1.6.6', 'pyarrow', 'pandas'], version: 'pandas' },
  { engine: 'polars', name: 'Polars', packages: ['polars', 'deltalake==1.6.6'], version: 'polars' },
  { engine: 'daft', name: 'Daft', packages: ['daft', 'deltalake==1.6.6'], version: 'daft' },
  { engine: 'sail', name: 'Sail (pysail)', packages: ['pysail', 'pyspark[connect]==4.0.1'], version: 'pysail' },
  { engine: 'spark', name: 'Spark with Delta', packages: ['pyspark==4.0.1'], version: 'pyspark', jars: true },
  { engine: 'duckdb', name: 'DuckDB with its delta extension', packages: ['duckdb'], version: 'duckdb' },
];
const COLUMNS = ['timestamp', 'value', 'count', 'name', 'ok', 'day'];
const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), 'duckpond-interop-'));
const given = argv.indexOf('--python');
const python = given < 0 ? join(directory, 'python', 'bin', 'python') : join(argv[given + 1] ?? '', 'bin', 'python');
const environment = realEnvironment();
const rows = [];
let differences = 0;

/** A pond with a series of many small versions, late rows, one more column and types of every kind; two pushes of it. */
async function makeLake() {
  const pond = await createPond(join(directory, 'pond'));
  const importer = await openRowImporter(pond);
  const add = async (csv) => {
    const file = join(directory, 'rows.csv');
    writeFileSync(file, csv);
    await pond.write(async (fs) => importRows(
      importer, await fs.root(), '/sensors/flow.series', { kind: 'file', format: 'csv', paths: [file], options: {} }, { kind: 'series' },
    ));
  };
  const { href: url } = pathToFileURL(join(directory, 'lake'));
  const store = await openRemote({ url }, { variable: () => undefined, uuid: environment.uuid });
  const push = () => pushLake(pond, store, { environment });
  const time = (at) => new Date(Date.UTC(2024, 0, 1) + at * 60_000).toISOString().replace('Z', '001Z');
  for (let version = 0; version < 12; version++) {
    const lines = Array.from({ length: 5000 }, (_, i) => {
      const at = (12 - version) * 5000 + i;
      const name = at % 7 === 0 ? '' : `Ünit ${at % 5}`;
      return `${time(at)},${at / 8},${at * 1_000_003},${name},${at % 2 === 0}${version > 5 ? `,2024-02-0${1 + at % 9}` : ''}`;
    });
    await add(`timestamp,value,count,name,ok${version > 5 ? ',day' : ''}\n${lines.join('\n')}\n`);
    if (version % 2 === 1) await push();
  }
  await push();
  const close = async () => {
    await importer.close();
    await pond.close();
  };
  return { pond, add, push, table: join(directory, 'lake', 'sensors', 'flow'), close };
}

/** The same facts by DuckDB over the pond's own reader of Delta, or over the pond itself. */
async function expected(pond, from, number, time) {
  const sql = `SELECT count(*), sum(${number})::DOUBLE, epoch_us(min(${time})), epoch_us(max(${time})) FROM '${from}'`;
  for await (const [count, sum, min, max] of (await pond.sql(sql)).rows()) {
    return { rows: Number(count), sum: Number(sum), min: Number(min), max: Number(max) };
  }
  throw new Error('no row');
}

async function read(engine, table, number, time, jars) {
  const { stdout } = await run(python, [READER, engine, table, number, time, ...(jars === undefined ? [] : [jars])], {
    timeout: 240_000, maxBuffer: 1 << 26, env: { ...env, PYTHONWARNINGS: 'ignore' },
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

function verdict(wanted, found, names) {
  const wrong = ['rows', 'sum', 'min', 'max'].filter((key) => wanted[key] !== found[key]);
  const columns = found.columns.map(([name]) => name);
  if (names !== undefined && columns.join() !== names.join()) wrong.push('schema');
  if (wrong.length === 0) return 'equal';
  differences++;
  return `**differs** in ${wrong.map((key) => `${key} (${JSON.stringify(found[key])}, wanted ${JSON.stringify(wanted[key])})`).join(', ')}`;
}

function note(text) {
  stderr.write(`${text}\n`);
}

function reason(error) {
  const text = String(error.stderr ?? error.message ?? error).trim().split('\n').filter((line) => /\w/.test(line)).at(-1) ?? '';
  return text.replaceAll(directory, '…').replace(/https?:\/\/\S+/g, '…').replaceAll('|', '/').slice(0, 160);
}

async function install(packages) {
  if (given < 0) await run(python, ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', ...packages], { timeout: 600_000 });
}

try {
  if (given < 0) execFileSync('python3', ['-m', 'venv', join(directory, 'python')]);
  const { pond, add, push, table, close } = await makeLake();
  const storeTable = join(directory, 'pond', 'store');
  const lakeFacts = await expected(pond, '/sensors/flow.series', 'value', 'timestamp');
  const storeFacts = await expected(pond, `host+delta://${storeTable}`, 'txn_seq', 'timestamp');
  for (const { engine, name, packages, version, jars } of ENGINES) {
    try {
      await install(packages);
      let files;
      if (jars === true) {
        const target = join(directory, 'jars');
        for (const artifact of DELTA_JARS) {
          const copy = ['-q', 'dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${target}`];
          await run('mvn', copy, { timeout: 240_000 });
        }
        files = DELTA_JARS.map((artifact) => join(target, `${artifact.split(':').slice(1).join('-')}.jar`)).join(',');
      }
      const { stdout } = await run(python, ['-c', `import importlib.metadata as m; print(m.version('${version}'))`]);
      const lake = verdict(lakeFacts, await read(engine, table, 'value', 'timestamp', files), COLUMNS);
      const store = verdict(storeFacts, await read(engine, storeTable, 'txn_seq', 'timestamp', files));
      rows.push(`| ${name} | ${stdout.trim()} | ${lake} | ${store} |`);
    } catch (error) {
      rows.push(`| ${name} | | not run | not run: ${reason(error)} |`);
    }
    note(rows.at(-1));
  }
  let appended = 'not run';
  try {
    await read('append', table, 'value', 'timestamp');
    await add(`timestamp,value,count,name,ok,day\n2024-06-01T00:00:00Z,1,1,x,true,2024-06-01\n`);
    const [done] = await push();
    const after = await expected(pond, `host+delta://${table}`, 'value', 'timestamp');
    const again = await read('deltalake', table, 'value', 'timestamp');
    const isRight = done?.outcome === 'appended' && after.rows === lakeFacts.rows + 4
      && again.rows === after.rows && again.sum === after.sum;
    if (!isRight) differences++;
    appended = isRight ? `equal: ${after.rows} rows, the 3 that deltalake appended among them` : `**differs**: ${after.rows} and ${again.rows} rows`;
  } catch (error) {
    appended = `not run: ${reason(error)}`;
  }
  note(appended);
  writeFileSync(PAGE, `# What other engines read

Written by \`npm run test:interop\`: a series of 12 versions and ${lakeFacts.rows} rows, pushed in 6 parts by \`pond lake push\`, with late rows, a column that
was added half-way, nulls and times of microseconds; and the store of the same pond, ${storeFacts.rows} records. Compared are rows, a sum, the first and the
last time, and, of the lake, the names of the columns.

| engine | version | lake table | the pond's own store |
|---|---|---|---|
${rows.join('\n')}

delta-rs appends three rows to the lake table, then the pond pushes one more: ${appended}.
`);
  await close();
} finally {
  rmSync(directory, { recursive: true, force: true });
}
exit(differences === 0 ? 0 : 1);
