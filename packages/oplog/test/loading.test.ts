import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('importing the package loads nothing of Parquet or Arrow; only the functions that need hyparquet import it', async () => {
  const { metafile } = await build({
    entryPoints: [fileURLToPath(new URL('../src/index.ts', import.meta.url))],
    tsconfig: fileURLToPath(new URL('../tsconfig.json', import.meta.url)),
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    outfile: 'out.js',
  });
  const heavy = Object.values(metafile.inputs)
    .flatMap(({ imports }) => imports)
    .filter(({ path }) => /^(hyparquet|apache-arrow)/.test(path));
  expect(new Set(heavy.map(({ kind, path }) => `${kind} ${path}`))).toEqual(
    new Set(['hyparquet', 'hyparquet-writer', 'hyparquet/src/column.js', 'hyparquet/src/convert.js', 'hyparquet/src/schema.js']
      .map((path) => `dynamic-import ${path}`)),
  );
});
