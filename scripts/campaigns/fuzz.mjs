// Mutants for everything that reads bytes from outside: npm run fuzz -- --mutants 1000000 --seed 1
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { load } from './bundle.mjs';

const { values } = parseArgs({
  options: {
    /** Of all targets together; slow targets get fewer. */
    mutants: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    /** Part of the name of the targets to be tried. */
    target: { type: 'string', default: '' },
  },
});
const packages = join(import.meta.dirname, '../../packages');
// DuckDB is found from there.
const cache = join(packages, 'query/node_modules/.cache');
mkdirSync(cache, { recursive: true });
const scratch = mkdtempSync(join(cache, 'fuzz-'));
const { fuzz } = await load('delta/src/testing/fuzz', scratch);
const targets = [];
let close = () => undefined;
for (const [name, entry] of [['delta', 'delta/test/fuzz/targets'], ['oplog', 'oplog/test/fuzz/targets'], ['query', 'query/test/fuzz/targets'], ['pond', 'pond/test/fuzz/targets']]) {
  const place = join(scratch, name);
  mkdirSync(place);
  const module = await load(entry, place);
  const files = module.fileTargets === undefined ? undefined : await module.fileTargets();
  if (files !== undefined) close = files.close;
  const path = join(packages, name, 'test/fuzz/found.json');
  const found = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : [];
  for (const target of [...await module.targets(place), ...files?.targets ?? []]) {
    targets.push({ target, found: found.filter((one) => one.target === target.name).map(({ base64 }) => Buffer.from(base64, 'base64')) });
  }
}
const chosen = targets.filter(({ target }) => target.name.includes(values.target));
const weight = ({ target }) => 1 / Math.sqrt(target.cost ?? 1);
const sum = chosen.reduce((all, one) => all + weight(one), 0);
const total = { mutants: 0, failures: 0 };
const started = performance.now();
for (const one of chosen) {
  const begun = performance.now();
  const counts = await fuzz(one.target, { mutants: Math.ceil(Number(values.mutants) * weight(one) / sum), seed: Number(values.seed), found: one.found });
  total.mutants += counts.mutants;
  total.failures += counts.failures.length;
  console.log(`${one.target.name}: ${counts.mutants} mutants, ${counts.accepted} accepted, ${counts.failures.length} failures, ${((performance.now() - begun) / 1000).toFixed(0)} s`);
  const seen = new Set();
  for (const { what, bytes } of counts.failures) {
    const key = createHash('sha256').update(what).digest('hex');
    if (seen.has(key)) continue;
    seen.add(key);
    console.error(`${what}\n  {"target":${JSON.stringify(one.target.name)},"base64":"${Buffer.from(bytes).toString('base64')}"}`);
  }
}
close();
console.log(`seed ${values.seed}: ${total.mutants} mutants, ${total.failures} failures, ${((performance.now() - started) / 1000).toFixed(0)} s`);
rmSync(scratch, { recursive: true, force: true });
process.exitCode = total.failures > 0 ? 1 : 0;
