import type { Output } from '../../effects.ts';
import { uniqueNames } from '../unique-names.ts';
import { type ByteSink, createSink, flushSink, isFull, putText, reserve } from '../byte-sink.ts';
import { columnWriter } from './column-writer.ts';
import { prefetch } from './prefetch.ts';
import type { ResultSource } from './source.ts';
import { parseDuckType } from './type.ts';

/** Writes a result as one array of objects (`json`) or as an object a line (`ndjson`). */
export async function writeJsonResult(source: ResultSource, format: 'json' | 'ndjson', out: Output): Promise<void> {
  const sink = createSink();
  const names = uniqueNames(source.columns.map((column) => column.name));
  const keys = names.map((name, index) => Buffer.from(`${index === 0 ? '{' : ','}${JSON.stringify(name)}:`));
  const writers = source.columns.map(({ type }) => columnWriter(parseDuckType(type), 'json', sink));
  const [first, next, last, none] = format === 'json' ? ['[\n', '},\n', '}\n]\n', '[]\n'] : ['', '}\n', '}\n', ''];
  let isFirst = true;
  for await (const chunk of prefetch(source.chunks())) {
    const { rowCount } = chunk;
    const cells = writers.map((writer, index) => writer(chunk.getColumnVector(index), rowCount));
    for (let row = 0; row < rowCount; row++) {
      putText(sink, isFirst ? first : next);
      isFirst = false;
      for (let column = 0; column < cells.length; column++) {
        putBytes(sink, keys[column]);
        cells[column]?.(row);
      }
      if (isFull(sink)) await flushSink(sink, out);
    }
  }
  putText(sink, isFirst ? none : last);
  await flushSink(sink, out);
}

function putBytes(sink: ByteSink, bytes: Uint8Array | undefined): void {
  if (bytes === undefined) return;
  reserve(sink, bytes.length);
  sink.bytes.set(bytes, sink.end);
  sink.end += bytes.length;
}
