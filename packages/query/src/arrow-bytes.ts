/** How the buffers of a batch can be compressed. */
export type ArrowCodec = 'lz4' | 'zstd';

/** The bytes of an Arrow IPC stream or file: in memory, or read as they are asked for. They must not change. */
export interface ArrowBytes {
  readonly size: number;
  /** The bytes of a range that lies within `size`. Columns are taken eight bytes at a time: what begins at a multiple of 8 does so in memory. */
  read(from: number, to: number): Uint8Array;
  /** The content of a compressed buffer, which says it has `size` bytes. Without it compressed data is refused. */
  readonly decompress?: (codec: ArrowCodec, bytes: Uint8Array, size: number) => Uint8Array;
}

/** Bytes that are in memory: nothing is copied. */
export function bytesInMemory(bytes: Uint8Array): ArrowBytes {
  return { size: bytes.length, read: (from, to) => bytes.subarray(from, to) };
}

/** Bytes in memory or not. */
export function arrowBytes(bytes: Uint8Array | ArrowBytes): ArrowBytes {
  return bytes instanceof Uint8Array ? bytesInMemory(bytes) : bytes;
}
