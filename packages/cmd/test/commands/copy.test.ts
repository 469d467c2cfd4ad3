import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testPond } from '../fake-effects.ts';

test('copy brings files and directories in as one transaction', async () => {
  const { ok, pond, cwd } = await testPond();
  mkdirSync(join(cwd, 'in', 'sub'), { recursive: true });
  writeFileSync(join(cwd, 'in', 'a.csv'), 'a');
  writeFileSync(join(cwd, 'in', 'sub', 'ü b.csv'), 'b');
  symlinkSync('a.csv', join(cwd, 'in', 'link'));
  writeFileSync(join(cwd, 'one.txt'), 'one');
  const { stdout, stderr } = await pond(['copy', 'in', 'one.txt', `host://${cwd}/in/sub/%C3%BC b.csv`, '/data/']);
  expect(stdout).toBe('');
  expect(stderr).toBe('copied 4 files, 6 B, transaction 2\n');
  expect(await ok(['find']))
    .toBe('/data\n/data/in\n/data/in/a.csv\n/data/in/link\n/data/in/sub\n/data/in/sub/ü b.csv\n/data/one.txt\n/data/ü b.csv\n');
  expect(await ok(['cat', '/data/in/link'])).toBe('a');
});

test('copy gives a file that is there a new version, and a directory a new name', async () => {
  const { ok, cwd } = await testPond();
  mkdirSync(join(cwd, 'in'));
  writeFileSync(join(cwd, 'in', 'x'), '1');
  await ok(['copy', 'in', '/d']);
  writeFileSync(join(cwd, 'in', 'x'), '22');
  await ok(['copy', 'in/x', '/d/x']);
  expect(await ok(['find'])).toBe('/d\n/d/x\n');
  expect(JSON.parse(await ok(['list', '/d/x', '--json']))).toMatchObject([{ size: 2, version: 2 }]);
});

test('copy takes patterns of the host, and names with wildcards in them as they are', async () => {
  const { ok, pond, cwd } = await testPond();
  for (const name of ['a.csv', 'b.csv', 'c.txt', 'od[d].csv']) writeFileSync(join(cwd, name), name);
  await ok(['copy', '[ab].csv', '/p/']);
  await ok(['copy', 'od[d].csv', '/p/']);
  expect(await ok(['find', '/p/*'])).toBe('/p/a.csv\n/p/b.csv\n/p/od[d].csv\n');
  expect(await pond(['copy', '*.none', '/p/']))
    .toMatchObject({ code: 1, stderr: expect.stringContaining('nothing on the host matches it') });
  expect(await pond(['copy', 'none.csv', '/p/'])).toMatchObject({ code: 1, stderr: expect.stringContaining('no such file or directory') });
});

test('copy reads the standard input once, under a name', async () => {
  const { ok, pond } = await testPond();
  await ok(['copy', '-', '/deep/er/x'], 'text');
  expect(await ok(['cat', '/deep/er/x'])).toBe('text');
  expect((await pond(['copy', '-', '/deep/'])).stderr).toContain('a name for the file was wanted');
  expect((await pond(['copy', '-', '-', '/deep'])).code).toBe(2);
});

test('copy of several things to a name that is no directory changes nothing', async () => {
  const { ok, pond, cwd } = await testPond();
  for (const name of ['a', 'b']) writeFileSync(join(cwd, name), name);
  expect(await pond(['copy', 'a', 'b', '/x'])).toMatchObject({ code: 1, stderr: expect.stringContaining('hint: write it as "/x/"') });
  expect(await ok(['find'])).toBe('');
});

test('copy leaves out what cannot be read, commits the rest and exits 3', async () => {
  if (process.getuid?.() === 0 && existsSync('/proc/self/mem')) {
    // Root may read everything; a socket or device stands for what cannot be copied.
    const { pond, ok, cwd } = await testPond();
    mkdirSync(join(cwd, 'in'));
    writeFileSync(join(cwd, 'in', 'a'), 'a');
    const { execFileSync } = await import('node:child_process');
    execFileSync('mkfifo', [join(cwd, 'in', 'pipe')]);
    expect(await pond(['copy', 'in', '/d']))
      .toMatchObject({ code: 3, stderr: expect.stringContaining('neither a file, a directory nor a link') });
    expect(await ok(['find', '/d/*'])).toBe('/d/a\n');
    return;
  }
  const { pond, ok, cwd } = await testPond();
  mkdirSync(join(cwd, 'in'));
  writeFileSync(join(cwd, 'in', 'a'), 'a');
  writeFileSync(join(cwd, 'in', 'b'), 'b');
  chmodSync(join(cwd, 'in', 'b'), 0);
  expect(await pond(['copy', 'in', '/d'])).toMatchObject({ code: 3, stderr: expect.stringContaining('/in/b') });
  expect(await ok(['find', '/d/*'])).toBe('/d/a\n');
});

test('copy refuses schemes that it does not know', async () => {
  const { pond } = await testPond();
  expect((await pond(['copy', 'gopher://x/y', '/x'])).code).toBe(2);
});

test('copy --dry-run changes nothing', async () => {
  const { ok, pond, cwd } = await testPond();
  writeFileSync(join(cwd, 'a'), 'a');
  expect(await pond(['copy', 'a', '/x', '--dry-run']))
    .toMatchObject({ code: 0, stderr: expect.stringContaining('dry run: nothing was changed') });
  expect(await ok(['find'])).toBe('');
  await ok(['copy', 'a', '/x']);
  expect(await ok(['copy', '/x', `host://${cwd}/out`, '-n'])).toBe(`/x -> ${cwd}/out/x\n`);
  expect(existsSync(join(cwd, 'out'))).toBe(false);
});

test('copy brings files out with their paths, with or without a prefix, into a directory that it makes', async () => {
  const { ok, pond, cwd } = await testPond();
  await ok(['copy', '-', '/s/a.csv'], 'a');
  await ok(['copy', '-', '/s/t/b.csv'], 'b');
  await ok(['copy', '/s/**', `host://${cwd}/out`]);
  expect(readFileSync(join(cwd, 'out/s/t/b.csv'), 'utf8')).toBe('b');
  await ok(['copy', '/s', 'host:short', '--strip-prefix', '/s']);
  expect(readdirSync(join(cwd, 'short'), { recursive: true }).sort()).toEqual(['a.csv', 't', 't/b.csv']);
  await ok(['copy', '/s/a.csv', `host:////${cwd}/new`]);
  expect(readFileSync(join(cwd, 'new/s/a.csv'), 'utf8')).toBe('a');
  await ok(['copy', '/s/a.csv', `host://${cwd}/out/`, '--strip-prefix', '/s/']);
  expect(readFileSync(join(cwd, 'out/a.csv'), 'utf8')).toBe('a');
  expect(await pond(['copy', '/s/a.csv', `host://${cwd}/out/a.csv`])).toMatchObject({
    code: 1, stderr: expect.stringMatching(/Cannot copy to ".*\/out\/a\.csv": it is a file, a directory was wanted\nhint: /),
  });
  expect(await pond(['copy', '/s', 'host:pond/store'])).toMatchObject({ code: 1, stderr: expect.stringContaining('inside the pond') });
  expect(await ok(['copy', '/s/a.csv', '-'])).toBe('a');
  expect((await pond(['copy', '/none*', 'host:out'])).code).toBe(1);
  expect((await pond(['copy', '/s/a.csv', 'host:out', '--strip-prefix', '/other'])).stderr).toContain('the path does not begin with it');
});

test('copy brings an older state out', async () => {
  const { ok, pond } = await testPond();
  await ok(['copy', '-', '/a'], 'old');
  await ok(['copy', '-', '/a'], 'new');
  expect(await ok(['copy', '/a', '-', '--at', '2'])).toBe('old');
  expect((await pond(['copy', '-', '/a', '--at', '2'])).code).toBe(2);
});

test('copy never writes through a link that leads out of the directory', async () => {
  const { ok, pond, cwd } = await testPond();
  await ok(['copy', '-', '/evil/x'], 'x');
  mkdirSync(join(cwd, 'victim'));
  mkdirSync(join(cwd, 'out'));
  symlinkSync(join(cwd, 'victim'), join(cwd, 'out', 'evil'));
  expect(await pond(['copy', '/evil/x', 'host:out/', '--strip-prefix', '/']))
    .toMatchObject({ code: 1, stderr: expect.stringContaining('it is a link') });
  expect(readdirSync(join(cwd, 'victim'))).toEqual([]);
  writeFileSync(join(cwd, 'secret'), 'kept');
  symlinkSync(join(cwd, 'secret'), join(cwd, 'out', 'x'));
  await ok(['copy', '/evil/x', 'host:out', '--strip-prefix', '/evil']);
  expect(readFileSync(join(cwd, 'out', 'x'), 'utf8')).toBe('x');
  expect(readFileSync(join(cwd, 'secret'), 'utf8')).toBe('kept');
});
