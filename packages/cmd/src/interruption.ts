/** Reason of an end by a signal. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly exitCode: 130 | 143;

  constructor(exitCode: 130 | 143) {
    super(exitCode === 130 ? 'interrupted' : 'terminated');
    this.exitCode = exitCode;
  }
}

/** Whether the work of this process is wanted no more, and why. */
export class Interruption {
  #reason: Interrupted | undefined;
  #controller: AbortController | undefined;
  readonly #listeners: ((reason: Interrupted) => void)[] = [];

  get reason(): Interrupted | undefined {
    return this.#reason;
  }

  /** The same as a signal of the platform, whose class takes a start of the command most of a millisecond: made when it is asked for. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Calls `listener` when the first reason comes; at once when it has. */
  listen(listener: (reason: Interrupted) => void): void {
    if (this.#reason === undefined) this.#listeners.push(listener);
    else listener(this.#reason);
  }

  /** Only the first reason counts. */
  raise(reason: Interrupted): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#controller?.abort(reason);
    for (const listener of this.#listeners) listener(reason);
  }

  /** @throws Interrupted when there is a reason */
  throwIfRaised(): void {
    if (this.#reason !== undefined) throw this.#reason;
  }
}
