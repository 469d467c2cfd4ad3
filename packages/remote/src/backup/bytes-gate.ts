/** Lets work through as long as all that is inside together weighs no more than a limit; the first always gets in. */
export class BytesGate {
  readonly #limitBytes: number;
  readonly #limitCount: number;
  #bytes = 0;
  #count = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(limitBytes: number, limitCount: number) {
    this.#limitBytes = limitBytes;
    this.#limitCount = limitCount;
  }

  async run<T>(weightBytes: number, work: () => Promise<T>): Promise<T> {
    while (this.#count > 0 && (this.#bytes + weightBytes > this.#limitBytes || this.#count >= this.#limitCount)) {
      await new Promise<void>((resolve) => { this.#waiting.push(resolve); });
    }
    this.#bytes += weightBytes;
    this.#count++;
    try {
      return await work();
    } finally {
      this.#bytes -= weightBytes;
      this.#count--;
      for (const wake of this.#waiting.splice(0)) wake();
    }
  }
}

const MOST_WAITING = 64;

/**
 * Runs `work` for each item, several at once within the gate. The first failure ends it, after what has begun has ended.
 */
export async function forEachWithin<T>(
  gate: BytesGate, items: AsyncIterable<T> | Iterable<T>, weightOf: (item: T) => number, work: (item: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  for await (const item of items) {
    if (failure !== undefined) break;
    const done: Promise<void> = gate.run(weightOf(item), () => work(item))
      .catch((error: unknown) => { failure ??= { error }; })
      .finally(() => running.delete(done));
    running.add(done);
    // Not all items at once: each would wait at the gate with all that it holds.
    if (running.size >= MOST_WAITING) await Promise.race(running);
  }
  await Promise.all(running);
  if (failure !== undefined) throw failure.error;
}
