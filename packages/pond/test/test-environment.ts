import { seededRandom } from '@duckpond/oplog/testing/faults';
import { createUuid7 } from '../src/environment.ts';
import type { Environment } from '../src/pond.ts';

export interface TestEnvironment extends Environment {
  /** Moves the clock, backwards with a negative number. */
  readonly passMillis: (millis: number) => void;
}

/** A clock that advances 1 ms a look, from the real time on, and ids that depend on the seed alone. */
export function testEnvironment(seed: number): TestEnvironment {
  const random = seededRandom(seed);
  let millis = Date.now();
  return {
    nowMicros: () => BigInt(millis++) * 1000n,
    uuid: createUuid7(() => millis, (count) => Uint8Array.from({ length: count }, () => Math.floor(random() * 256))),
    user: 'tester',
    host: 'testhost',
    passMillis: (by) => { millis += by; },
  };
}
