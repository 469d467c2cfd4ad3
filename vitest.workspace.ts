import { defineConfig } from 'vitest/config';

// Run as `vitest run --config vitest.workspace.ts`: see docs/decisions/0001-toolchain.md for why the flag stays.
const conditions = ['@duckpond/source'];
const packages = ['tinyfs', 'delta', 'oplog', 'query', 'pond', 'factories', 'remote', 'hydrovu', 'sitegen', 'cmd'];

export default defineConfig({
  test: {
    // Left to itself vitest keeps one of the cores free, which on two is half of them.
    maxWorkers: 2,
    minWorkers: 1,
    projects: packages.map((name) => ({
      resolve: { conditions },
      ssr: { resolve: { conditions, externalConditions: conditions } },
      test: { name, root: `./packages/${name}`, include: ['test/**/*.test.ts'], testTimeout: 60_000 },
    })),
  },
});
