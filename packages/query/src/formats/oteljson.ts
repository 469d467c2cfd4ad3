import { quoteIdentifier } from '../identifier.ts';
import type { ScanSession } from '../scan-session.ts';
import { readBytes } from './decompress.ts';
import { filledFiles } from './inputs.ts';
import { linesOf } from './lines.ts';
import { booleanOption, checkOptions, type Options, wordOption } from './options.ts';
import { type OtelType, otelPoints } from './otel-points.ts';
import { badInput } from './read-error.ts';
import type { FormatReader } from './reader.ts';
import { type Cell, rowsWriter, selectTyped } from './rows-spool.ts';

interface OtelColumn { readonly name: string; type: OtelType; readonly at: number }

/**
 * Metrics of OpenTelemetry as OTLP JSON, a request or a ResourceMetrics a line: gauges, sums, histograms, exponential histograms and summaries, wide by
 * time. `timestamp` is TIMESTAMP_NS; of a metric `m` there are these columns, in the order in which they are first seen:
 *
 * | metric | columns |
 * |---|---|
 * | gauge, sum | `m`: BIGINT, or DOUBLE when any value is one |
 * | histogram | `m.count`, `m.sum`, `m.min`, `m.max`, `m.bucket_counts` (BIGINT[]), `m.explicit_bounds` (DOUBLE[]) |
 * | exponential histogram | `m.count`, `m.sum`, `m.min`, `m.max`, `m.scale`, `m.zero_count`, `m.positive_offset`, `m.positive_counts`, `m.negative_offset`, `m.negative_counts` |
 * | summary | `m.count`, `m.sum`, `m.quantile_0.5` … |
 *
 * A point's attributes follow the metric's name, sorted by key: `m{cpu=0,state=idle}.count`; `attributes=all` puts those of the resource (`resource.k=v`)
 * before them, `attributes=none` leaves them out. Points of the same column and time are one: the last one counts.
 */
export const otelJsonReader: FormatReader = { format: 'oteljson', select: selectOtel };

async function selectOtel(session: ScanSession, paths: readonly string[], options: Options): Promise<string> {
  checkOptions('oteljson', options, ['attributes', 'ignore_errors', 'compression']);
  const attributes = wordOption('oteljson', options, 'attributes', ['point', 'all', 'none']) ?? 'point';
  const skips = booleanOption('oteljson', options, 'ignore_errors') === true;
  const columns = new Map<string, OtelColumn>();
  const spooled: string[] = [];
  let order = 0n;
  for (const { path, compression } of await filledFiles('oteljson', paths, options)) {
    const writer = rowsWriter(session, path);
    spooled.push(writer.path);
    const tooLong = (line: number): Error => badInput(path, { line, what: 'it is too long for a line of metrics' });
    for await (const { text, number } of linesOf(readBytes(path, compression, session.signal), tooLong)) {
      session.signal?.throwIfAborted();
      if (text.trim() === '') continue;
      const rows = new Map<bigint, Cell[]>();
      try {
        for (const { nanos, values } of otelPoints(JSON.parse(text) as unknown, attributes)) {
          const row = rows.get(nanos) ?? [];
          rows.set(nanos, row);
          for (const { column: name, type, value } of values) {
            const column = columns.get(name) ?? { name, type, at: columns.size + 2 };
            columns.set(name, column);
            if (type === 'DOUBLE' && column.type === 'BIGINT') column.type = type;
            row[column.at] = value;
          }
        }
      } catch (error) {
        if (skips) continue;
        const what = `it is not OTLP JSON: ${error instanceof Error ? error.message : String(error)}`;
        throw badInput(path, { line: number, what, hint: '?ignore_errors=true leaves such lines out' }, { cause: error });
      }
      for (const [nanos, row] of rows) {
        order += 1n;
        await writer.write([nanos, order, ...Array.from(row.slice(2))]);
      }
    }
    await writer.close();
  }
  const found = [...columns.values()];
  const typed = await selectTyped(session, spooled, [
    { name: '__nanos', type: 'BIGINT' }, { name: '__order', type: 'BIGINT' },
    ...found.map(({ name, type }) => ({ name: safeName(name), type })),
  ]);
  const last = found.map(({ name }) => `arg_max(${quoteIdentifier(safeName(name))}, __order) AS ${quoteIdentifier(safeName(name))}`);
  return `SELECT ${['make_timestamp_ns(__nanos) AS "timestamp"', ...last].join(', ')} FROM (${typed}) GROUP BY __nanos ORDER BY __nanos`;
}

/** A metric may not be called as the time is. */
function safeName(name: string): string {
  return name.toLowerCase() === 'timestamp' ? `${name}_1` : name;
}
