import type { Output } from '../../effects.ts';
import { createSink, flushSink, isFull, putByte, putText } from '../byte-sink.ts';
import { columnWriter } from './column-writer.ts';
import { prefetch } from './prefetch.ts';
import type { ResultSource } from './source.ts';
import { escapeText } from '../text-escape.ts';
import { parseDuckType } from './type.ts';

const LINE_END = 10;
const SEPARATORS = { csv: 44, tsv: 9 } as const;

/** Writes a result as csv or tsv: the header, then a line a row, as many bytes as come together. */
export async function writeDelimitedResult(
  source: ResultSource, format: 'csv' | 'tsv', out: Output, { header = true }: { readonly header?: boolean } = {},
): Promise<void> {
  const sink = createSink();
  const separator = SEPARATORS[format];
  if (header) putText(sink, `${source.columns.map(({ name }) => escapeText(format)(name)).join(String.fromCharCode(separator))}\n`);
  const writers = source.columns.map(({ type }) => columnWriter(parseDuckType(type), format, sink));
  for await (const chunk of prefetch(source.chunks())) {
    const { rowCount } = chunk;
    const cells = writers.map((writer, index) => writer(chunk.getColumnVector(index), rowCount));
    for (let row = 0; row < rowCount; row++) {
      for (let column = 0; column < cells.length; column++) {
        if (column > 0) putByte(sink, separator);
        cells[column]?.(row);
      }
      putByte(sink, LINE_END);
      if (isFull(sink)) await flushSink(sink, out);
    }
  }
  await flushSink(sink, out);
}
