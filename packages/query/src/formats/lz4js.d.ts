declare module 'lz4js' {
  const lz4: {
    /** The content of an LZ4 frame. */
    readonly decompress: (frame: Uint8Array, maxSize?: number) => Uint8Array;
  };
  export default lz4;
}
