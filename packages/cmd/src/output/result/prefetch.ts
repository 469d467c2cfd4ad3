/** The same items; the next one is already asked for while a consumer works on the last, so that the engine and the encoder overlap. */
export async function* prefetch<T>(items: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  const iterator = items[Symbol.asyncIterator]();
  let next = ask(iterator);
  try {
    for (;;) {
      const { done, value } = await next;
      if (done === true) return;
      next = ask(iterator);
      yield value;
    }
  } finally {
    await iterator.return?.();
  }
}

function ask<T>(iterator: AsyncIterator<T>): Promise<IteratorResult<T>> {
  const next = iterator.next();
  // A failure is reported to whoever awaits it, and nobody does when the consumer has stopped before.
  next.catch(() => undefined);
  return next;
}
