import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testPond } from '../fake-effects.ts';

test('cat prints an ingested log as the bytes that it is, and a series of rows as rows', async () => {
  const { ok, cwd } = await testPond();
  writeFileSync(join(cwd, 'app.log'), 'first\n');
  writeFileSync(join(cwd, 'logs.yaml'), `active_pattern: ${cwd}/*.log\npath: /logs\n`);
  await ok(['mknod', 'logfile-ingest', '/system/run/logs', '--config-path', join(cwd, 'logs.yaml')]);
  await ok(['run', 'logs']);
  appendFileSync(join(cwd, 'app.log'), 'second\n');
  await ok(['run', 'logs']);
  expect(await ok(['cat', '/logs/app.log'])).toBe('first\nsecond\n');
  writeFileSync(join(cwd, 'a.csv'), 'n\n7\n');
  await ok(['copy', `host+series://${join(cwd, 'a.csv')}`, '/a.series']);
  expect(await ok(['cat', '/a.series', '--format', 'csv'])).toBe('n\n7\n');
  expect(await ok(['cat', '/a.series'])).toMatch(/^PAR1/);
});
