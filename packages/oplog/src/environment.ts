/** The world outside, handed in. */
export interface Environment {
  /** Microseconds since 1970 UTC. */
  nowMicros(): bigint;
  /** A new UUIDv7 in lower case. */
  uuid(): string;
  /** Whether a process of this machine is alive, so that what it has not finished is left alone. */
  isAlive?(processId: number): boolean;
  readonly user: string;
  readonly host: string;
}

/** How commits name this program to other engines. */
export const ENGINE = 'DuckPond/0.1.0';
