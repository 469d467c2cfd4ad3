import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { FuzzFailure, type FuzzTarget } from '@duckpond/delta/testing/faults';
import { readArrowBatches, readArrowFields } from '../../src/arrow-ipc-read.ts';
import { openEngine } from '../../src/engine.ts';
import { FORMAT_READERS } from '../../src/formats/readers.ts';
import { parseFormatUrl, printFormatUrl } from '../../src/format-url.ts';
import { tokenize } from '../../src/sql-tokens.ts';

const text = (...texts: readonly string[]): Uint8Array[] => texts.map((one) => Buffer.from(one));

/** Readers that need no engine. */
export function targets(): readonly FuzzTarget[] {
  const table = tableFromArrays({ a: [1, 2, 3], b: ['x', 'yy', 'ünï'], c: Float64Array.from([1.5, Number.NaN, -0]) });
  return [
    {
      name: 'format URL', refusals: ['QueryError'], words: ['host+', '+gzip', '+table', ':///', '%2', '%00', '%C3%A9', '?a=', '&', '../', '\0'],
      corpus: text('csv:///a/b.csv', 'host+csv+gzip+table:///x%20y?delim=%26&header=true', 'series:///**/x.series', 'host:////p', 'excel:///a.xlsx?sheet=1'),
      read(bytes) {
        const url = parseFormatUrl(Buffer.from(bytes).toString());
        const again = parseFormatUrl(printFormatUrl(url));
        if (JSON.stringify(again) !== JSON.stringify(url)) throw new FuzzFailure(`${JSON.stringify(again)} after ${JSON.stringify(url)}`);
      },
    },
    {
      name: 'SQL tokens', refusals: [], words: ["'", '"', '$$', '$a$', '/*', '*/', '--', 'E\'', '\\', ';', '\u200b', '\n'],
      corpus: text("SELECT a, 'it''s' FROM \"x y\" -- c\n WHERE /* n /* m */ */ b > 1.5e3;", "SELECT $$a$$, $t$ b $t$, E'\\'', $1"),
      read(bytes) {
        const sql = Buffer.from(bytes).toString();
        let end = 0;
        for (const token of tokenize(sql)) {
          if (token.start < end || token.end <= token.start || sql.slice(token.start, token.end) !== token.text) throw new FuzzFailure(JSON.stringify(token));
          end = token.end;
        }
      },
    },
    {
      name: 'Arrow of users', corpus: [tableToIPC(table, 'stream'), tableToIPC(table, 'file')], refusals: ['QueryError'],
      read(bytes) {
        readArrowFields(bytes);
        for (const batch of readArrowBatches(bytes)) void batch;
      },
    },
  ];
}

/** Readers of files: each mutant is a query of DuckDB. @returns with what closes the engine */
export async function fileTargets(): Promise<{ readonly targets: readonly FuzzTarget[]; readonly close: () => void }> {
  const directory = mkdtempSync(join(tmpdir(), 'duckpond-fuzz-'));
  const engine = await openEngine({ readableDirectories: [directory], spillDirectory: directory, readers: FORMAT_READERS, memoryLimit: '256MB', threads: 1 });
  const path = join(directory, 'mutant');
  const target = (format: string, corpus: readonly Uint8Array[], words: readonly string[] = []): FuzzTarget => ({
    name: `file of ${format}`, corpus, words, refusals: ['QueryError'], cost: 200,
    async read(bytes) {
      writeFileSync(path, bytes);
      const file = { kind: 'file' as const, format, paths: [path], options: {} };
      const result = await engine.query('FROM t', { catalog: { resolve: () => Promise.resolve({ parts: [file] }) } });
      let rows = 0;
      for await (const row of result.rowObjects()) if (row !== undefined && ++rows > 100_000) break;
      await result.close();
    },
  });
  const csv = text('a,b,c\n1,x,2026-01-01T00:00:00Z\n2,"y, ""z""",2026-01-02T00:00:00Z\n3,,\n');
  const log = '127.0.0.1 - - [10/Oct/2026:13:55:36 +0000] "GET /a HTTP/1.1" 200 2326 "-" "agent"\n';
  const otel = '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","gauge":{"dataPoints":[{"timeUnixNano":"1","asDouble":1.5}]}}]}]}]}\n';
  const html = '<html><body><table><tr><th>Time</th><th>x</th></tr><tr><td>2026-01-01 00:00</td><td>1.5</td></tr></table></body></html>';
  const table = tableFromArrays({ a: [1, 2, 3], b: ['x', 'yy', 'ünï'] });
  return {
    targets: [
      target('csv', csv, [',', '"', '\n', '\r\n', '\0', '\ufeff', ';', '\t']),
      target('tsv', text('a\tb\n1\tx\n')),
      target('json', text('[{"a":1,"b":[1,2]},{"a":null,"b":[]}]'), ['{', '}', '[', ']', '"', 'null', '1e400']),
      target('ndjson', text('{"a":1,"b":{"c":2}}\n{"a":2}\n'), ['{', '}', '[', ']', '"', '\n']),
      target('weblog', text(log.repeat(3)), ['"', '[', ']', ' ']),
      target('oteljson', text(otel.repeat(2)), ['{', '}', '[', ']', '"']),
      target('excelhtml', text(html), ['<table>', '</tr>', '<td colspan=1000000>', '&amp;', '<!--']),
      target('arrow', [tableToIPC(table, 'stream'), tableToIPC(table, 'file')]),
    ].map((one) => (one.name === 'file of csv' ? { ...one, corpus: [...one.corpus, ...csv.map((bytes) => gzipSync(bytes))] } : one)),
    close() {
      engine.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
