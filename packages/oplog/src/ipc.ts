// Arrow IPC streams of rows, written and read by hand: ten times cheaper for small streams than apache-arrow, and no start-up cost.
// https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format; docs/formats/entry.md shows the bytes.
export { decodeIpc } from './ipc-decode.ts';
export { encodeIpc } from './ipc-encode.ts';
