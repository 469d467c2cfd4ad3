import type { ArrowBytes, ArrowCodec } from '../arrow-bytes.ts';

/** Loads what decompresses buffers of these codecs. What it throws for damage is a RangeError. */
export async function bufferDecompressor(codecs: ReadonlySet<ArrowCodec>): Promise<NonNullable<ArrowBytes['decompress']>> {
  const zstd = codecs.has('zstd') ? (await import('fzstd')).decompress : undefined;
  // CommonJS: in a bundle only its default export is there.
  const lz4 = codecs.has('lz4') ? (await import('lz4js')).default.decompress : undefined;
  return (codec, bytes, size) => {
    const content = attempt(() => (codec === 'zstd' ? zstd?.(bytes) : lz4?.(bytes, size)));
    if (content?.length !== size) throw new RangeError('a compressed buffer is damaged');
    // A copy begins at a multiple of 8.
    return new Uint8Array(content);
  };
}

function attempt(decompress: () => Uint8Array | undefined): Uint8Array | undefined {
  try {
    return decompress();
  } catch (error) {
    throw new RangeError('a compressed buffer is damaged', { cause: error });
  }
}
