// The peer of the benchmarks of SQL: DuckDB's binding without anything of ours.
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from './ponds.mjs';

const queryPackage = new URL('../packages/query/package.json', import.meta.url);
const require = createRequire(queryPackage);
/** What the pond gives DuckDB when nothing else is set. */
export const MEMORY_LIMIT = '512MiB';

/** A connection to a DuckDB in memory with the limits of ours. */
export async function connectDuckDB(settings = {}) {
  const { DuckDBInstance } = require('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: MEMORY_LIMIT, ...settings });
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  return connection;
}

/** Reads all rows as chunks, and says how many there were. */
export async function drain(connection, sql) {
  const result = await connection.stream(sql);
  let rows = 0;
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return rows;
    rows += chunk.rowCount;
  }
}

/** A list of files in SQL. */
export const fileList = (paths) => `[${paths.map((path) => `'${path.replaceAll('\'', '\'\'')}'`).join(', ')}]`;

const PEER = `
const { DuckDBInstance } = require('@duckdb/node-api');
(async () => {
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '${MEMORY_LIMIT}' });
  const connection = await instance.connect();
  const result = await connection.stream(process.argv[2]);
  const names = result.columnNames();
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) break;
    for (const row of chunk.getRows()) process.stdout.write(row.join('  ') + '\\n');
  }
  connection.closeSync();
  instance.closeSync();
})();
`;

/** Runs the peer with V8's code cache, as ours runs. */
const CACHED = (bundle, cache) => `
const fs = require('node:fs');
const { Script } = require('node:vm');
let cachedData;
try { cachedData = fs.readFileSync(${JSON.stringify(cache)}); } catch {}
const script = new Script('(function(require){' + fs.readFileSync(${JSON.stringify(bundle)}, 'utf8') + '\\n})', { filename: ${JSON.stringify(bundle)}, cachedData });
script.runInThisContext()(require('node:module').createRequire(${JSON.stringify(queryPackage.pathname)}));
if (cachedData === undefined) process.once('exit', () => fs.writeFileSync(${JSON.stringify(cache)}, script.createCachedData()));
`;

/**
 * Scripts that run the query of their first argument and print its rows: with the modules as they are installed, as one minified file,
 * and as that with V8's code cache.
 */
export async function peerScripts() {
  const directory = join(ROOT, 'duckdb-peer');
  mkdirSync(directory, { recursive: true });
  const plain = join(directory, 'plain.cjs');
  const bundled = join(directory, 'bundled.cjs');
  const cached = join(directory, 'cached.cjs');
  writeFileSync(plain, `(function (require) {${PEER}})(require('node:module').createRequire(${JSON.stringify(queryPackage.pathname)}));\n`);
  const { outputFiles } = await build({
    stdin: { contents: PEER, resolveDir: new URL('.', queryPackage).pathname }, bundle: true, platform: 'node', format: 'cjs', minify: true,
    mainFields: ['module', 'main'], target: 'node20.19', external: ['@duckdb/node-bindings'], write: false,
  });
  writeFileSync(bundled, `(function (require) {${outputFiles[0].text}\n})(require('node:module').createRequire(${JSON.stringify(queryPackage.pathname)}));\n`);
  const inner = join(directory, 'inner.js');
  writeFileSync(inner, outputFiles[0].text);
  writeFileSync(cached, CACHED(inner, join(directory, `inner-${process.version}.v8`)));
  return { plain, bundled, cached };
}
