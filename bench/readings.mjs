// Series and tables of readings of any size, the same in a pond and in a Parquet file. Ponds are kept for the next run.
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { appendTabular, createPond, openPond, openRowImporter } from '../packages/pond/dist/index.js';
import { connectDuckDB } from './duckdb.mjs';
import { ROOT, unsynced } from './ponds.mjs';

/** The first time, in microseconds; one reading a second. */
export const START_MICROS = 1_577_836_800_000_000n;

/** The readings from one number on to before another: 6 columns. */
export function readingsSql(from, to) {
  return `SELECT make_timestamp(${START_MICROS} + i * 1000000) AS "time", 'site' || (hash(i) % 50) AS site,
      round(12 + 8 * sin(i / 13751.0) + (hash(i + 1) % 1000) / 500.0, 2) AS temperature, round(2 + cos(i / 7000.0) + (hash(i + 2) % 100) / 1000.0, 3) AS level,
      (hash(i + 3) % 100000)::BIGINT AS samples, hash(i + 4) % 50 > 0 AS ok
    FROM range(${from}, ${to}) t(i)`;
}

/** What a query asks of `source`, a name or an expression in FROM, with readings up to the number `count`. */
export function queriesOf(count) {
  const middle = `make_timestamp(${START_MICROS + BigInt(Math.floor(count / 2)) * 1_000_000n})`;
  return [
    ['count', (source) => `SELECT count(*) FROM ${source}`],
    ['three aggregates', (source) => `SELECT min(temperature), max(level), avg(samples) FROM ${source}`],
    ['group by a string', (source) => `SELECT site, count(*), avg(level) FROM ${source} GROUP BY site ORDER BY site`],
    ['hourly average', (source) => `SELECT date_trunc('hour', "time") AS hour, avg(temperature) FROM ${source} GROUP BY hour ORDER BY hour`],
    ['one moment', (source) => `SELECT * FROM ${source} WHERE "time" = ${middle}`],
  ];
}

/** A directory below ROOT that is made once: `make` fills it. */
export async function kept(name, make) {
  const directory = join(ROOT, name);
  if (existsSync(join(directory, 'ready'))) return directory;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  await make(directory);
  writeFileSync(join(directory, 'ready'), '');
  return directory;
}

/** A pond with `/table` of one version and `/series` of several, with as many readings each. */
export async function largePond(versions, rowsEach) {
  const directory = await kept(`large-${versions}-${rowsEach}`, async (where) => {
    const pond = await createPond(join(where, 'pond'), { command: ['init'] }, unsynced);
    const importer = await openRowImporter(pond);
    const duckdb = await connectDuckDB();
    const add = async (path, kind, from, to) => {
      const file = join(importer.directory, 'rows.parquet');
      await duckdb.run(`COPY (${readingsSql(from, to)}) TO '${file}' (FORMAT parquet, COMPRESSION zstd)`);
      const content = await importer.read({ kind: 'file', format: 'parquet', paths: [file], options: {} });
      await pond.write(async (fs) => appendTabular(await fs.root(), path, content, { kind }), { command: ['copy'] });
    };
    for (let at = 0; at < versions; at++) await add('/series', 'series', at * rowsEach, (at + 1) * rowsEach);
    await add('/table', 'table', 0, versions * rowsEach);
    await importer.close();
    await pond.close();
  });
  return join(directory, 'pond');
}

/** The tail of a pond is full when the next commit would fold it. */
const FULL_TAIL = 15;

/**
 * A pond whose `/series` has had at least `appends` appends of `rowsEach` readings, and on until the tail of the log is full; beside it the
 * same rows in one Parquet file.
 */
export async function appendedPond(appends, rowsEach = 10) {
  const directory = await kept(`appends-v2-${appends}-${rowsEach}`, async (where) => {
    const pond = await createPond(join(where, 'pond'), { command: ['init'] }, unsynced);
    const bytesOf = async (from) => {
      const pieces = [];
      const result = await pond.sql(readingsSql(from, from + rowsEach));
      for await (const piece of result.arrow()) pieces.push(piece);
      return { bytes: new Uint8Array(Buffer.concat(pieces)), columns: result.columns.map(({ name, type }) => ({ name, type, nulls: 0 })) };
    };
    let count = 0;
    while (count < appends || (await pond.status()).tailCommits < FULL_TAIL) {
      const from = count * rowsEach;
      const { bytes, columns } = await bytesOf(from);
      const micros = (row) => START_MICROS + BigInt(row) * 1_000_000n;
      const facts = { columns, rowCount: rowsEach, timeColumn: 'time', timeMinMicros: micros(from), timeMaxMicros: micros(from + rowsEach - 1) };
      await pond.write(async (fs) => appendTabular(await fs.root(), '/series', { kind: 'inline', bytes, facts }, { kind: 'series' }), { command: ['append'] });
      count++;
    }
    await pond.close();
    const duckdb = await connectDuckDB();
    await duckdb.run(`COPY (${readingsSql(0, count * rowsEach)}) TO '${join(where, 'rows.parquet')}' (FORMAT parquet, COMPRESSION zstd)`);
    writeFileSync(join(where, 'count'), String(count));
  });
  return { pond: join(directory, 'pond'), parquet: join(directory, 'rows.parquet'), directory };
}

/** The Parquet files of a path, in the order of its versions, as they lie in the store. */
export async function filesOf(pond, path, directory) {
  const result = await pond.sql('SELECT sha256 FROM pond.versions WHERE path = $1 AND sha256 IS NOT NULL ORDER BY version', { params: [path] });
  const files = [];
  for await (const [sha256] of result.rows()) files.push(join(directory, 'store', '_blobs', `sha256=${sha256}`));
  return files;
}

export { appendTabular, createPond, openPond, openRowImporter };
