import type { Environment } from '../src/environment.ts';

export interface TestEnvironment extends Environment {
  readonly passMillis: (millis: number) => void;
}

/** A clock that advances 1 ms a look and ids that count. */
export function testEnvironment(startMillis: number = Date.now()): TestEnvironment {
  let millis = startMillis;
  let count = 0;
  return {
    nowMicros: () => BigInt(millis++) * 1000n,
    uuid() {
      count += 1;
      const hex = (startMillis + count).toString(16).padStart(12, '0');
      return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${count.toString(16).padStart(12, '0')}`;
    },
    user: 'tester',
    host: 'testhost',
    passMillis: (by) => { millis += by; },
  };
}
