import type { NodeReader } from '@duckpond/tinyfs';

/** A reader of stored nodes that loads what computes the others when the first of them is met. */
export function computedLater(stored: NodeReader, load: () => Promise<NodeReader>): NodeReader {
  let loading: Promise<NodeReader> | undefined;
  const readerOf = (node: { readonly computed?: unknown }): Promise<NodeReader> | NodeReader =>
    node.computed === undefined ? stored : loading ??= load();
  return {
    root: () => stored.root(),
    lookup: async (directory, name) => (await readerOf(directory)).lookup(directory, name),
    async *entries(directory) {
      yield* (await readerOf(directory)).entries(directory);
    },
    async *content(file, options) {
      yield* (await readerOf(file)).content(file, options);
    },
    versions: (node) => stored.versions(node),
  };
}
