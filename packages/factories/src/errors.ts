export type FactoryErrorCode =
  /** A config that cannot be used; nothing was stored. */
  | 'bad-config'
  /** A variable of the environment that a config names and that is not set. */
  | 'no-variable'
  /** What a config reads cannot be had, or is not what it has to be. */
  | 'bad-input'
  | 'unknown-factory'
  /** A template that cannot be read, or that cannot be rendered with what it was given. */
  | 'bad-template'
  /** Nodes that need each other. */
  | 'cycle'
  /** Another process runs the node. */
  | 'locked';

/** The one error of this package. Callers switch on `code`; `data` has the facts. */
export class FactoryError extends Error {
  override readonly name = 'FactoryError';
  readonly code: FactoryErrorCode;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: FactoryErrorCode, message: string, data: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.data = data;
  }
}

/** Where in a config something is wrong. */
export interface ConfigFault {
  /** Counted from 1; undefined when there is no text to point at. */
  readonly line: number | undefined;
  /** `resolutions[1]`; empty for the whole. */
  readonly field: string;
  /** `is "1x", a duration such as "1h" was wanted`. */
  readonly problem: string;
}

/** The error of a config: each fault on a line of its own, when there are several. */
export function badConfig(
  file: string, faults: readonly ConfigFault[], code: 'bad-config' | 'unknown-factory' = 'bad-config',
): FactoryError {
  const lines = faults.map(({ line, field, problem }) =>
    [...(line === undefined ? [] : [`line ${line}`]), ...(field === '' ? [] : [field]), problem].join(': '));
  const text = lines.length === 1 ? ` ${lines[0] ?? ''}` : lines.map((line) => `\n  ${line}`).join('');
  return new FactoryError(code, `Cannot use ${JSON.stringify(file)}:${text}`, { file, faults });
}
