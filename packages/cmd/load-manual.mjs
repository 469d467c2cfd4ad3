// The pages made from the command table. Node 20 cannot import TypeScript, so the table is bundled in memory;
// the handlers behind it stay unloaded.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export async function loadManual() {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('src/manual.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    conditions: ['@duckpond/source'],
    write: false,
    logLevel: 'warning',
    plugins: [{
      name: 'table-only',
      setup({ onResolve }) {
        onResolve({ filter: /.*/ }, ({ kind, path }) => (kind === 'dynamic-import' ? { path, external: true } : undefined));
      },
    }],
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}
