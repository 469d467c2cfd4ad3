import { contentTests } from './content-tests.ts';
import { nameTests } from './name-tests.ts';
import { nodeTests } from './node-tests.ts';
import type { StoreTest, StoreUnderTest, TestRunner } from './store-under-test.ts';

export { SUITE_FACTORIES } from './node-tests.ts';
export type { StoreUnderTest, TestRunner } from './store-under-test.ts';

export interface NodeStoreSuiteOptions extends TestRunner {
  /** Of the implementation, for the names of the tests. */
  readonly name: string;
  /** A fresh store for each test, with nothing in it but the root. */
  readonly makeStore: () => Promise<StoreUnderTest>;
}

/**
 * Every sentence of the port `NodeReader` and `NodeWriter`, as tests for any implementation. What is written is checked
 * inside its transaction and again after the commit through a new reader.
 */
export function nodeStoreSuite({ name, describe, it, makeStore }: NodeStoreSuiteOptions): void {
  const test: StoreTest = (title, run) => {
    it(title, async () => {
      const store = await makeStore();
      try {
        await run(store);
      } finally {
        await store.close?.();
      }
    });
  };
  describe(`${name}: nodes`, () => nodeTests(test));
  describe(`${name}: names`, () => nameTests(test));
  describe(`${name}: content`, () => contentTests(test));
}
