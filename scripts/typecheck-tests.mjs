// Type-checks the tests of every package; `tsc -b` covers the sources.
import { existsSync, readdirSync } from 'node:fs';
import { spawnSync } from 'node:child_process';

let failed = false;
for (const name of readdirSync('packages').sort()) {
  const project = `packages/${name}/test/tsconfig.json`;
  if (!existsSync(project)) continue;
  const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '--noEmit', '-p', project], { stdio: 'inherit' });
  if (status !== 0) failed = true;
}
process.exit(failed ? 1 : 0);
