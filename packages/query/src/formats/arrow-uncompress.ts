import { readArrowBatches } from '../arrow-ipc-read.ts';
import { QueryError } from '../errors.ts';

/**
 * An Arrow IPC stream or file whose buffers are not compressed: the bytes themselves, or the same batches as a new stream. apache-arrow is
 * loaded only for compressed ones.
 */
export async function uncompressedArrow(bytes: Uint8Array): Promise<Uint8Array> {
  if (!isCompressed(bytes)) return bytes;
  const { compressionRegistry, CompressionType, RecordBatchReader, RecordBatchStreamWriter } = await import('apache-arrow');
  const { decompress } = await import('fzstd');
  const lz4 = await import('lz4js');
  // Columns take eight bytes at a time, so their buffers have to begin at multiples of 8: a copy does.
  compressionRegistry.set(CompressionType.ZSTD, { decode: (data) => decompress(data).slice() });
  compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: (data) => new Uint8Array(lz4.decompress(data)) });
  const reader = RecordBatchReader.from(bytes);
  const writer = new RecordBatchStreamWriter();
  for (const batch of reader) writer.write(batch);
  writer.finish();
  return writer.toUint8Array(true);
}

function isCompressed(bytes: Uint8Array): boolean {
  try {
    // To the end, which finds what was cut off; nothing is copied.
    for (const batch of readArrowBatches(bytes)) void batch;
    return false;
  } catch (error) {
    if (error instanceof QueryError && error.code === 'unsupported-format' && error.message.includes('compressed')) return true;
    throw error;
  }
}
