import { expect, test } from 'vitest';
import { type TestPond, testPond } from '../fake-effects.ts';

/** /a (3 bytes), /d/b.csv (4), /d/e/c.txt (5), /d/.hidden, /l -> d */
async function furnished(): Promise<TestPond> {
  const made = await testPond();
  await made.ok(['mkdir', '-p', '/d/e']);
  await made.ok(['copy', '-', '/a'], 'one');
  await made.ok(['copy', '-', '/d/b.csv'], 'x\n1\n');
  await made.ok(['copy', '-', '/d/e/c.txt'], '1\n2\n3');
  await made.ok(['touch', '/d/.hidden']);
  await made.ok(['ln', '-s', 'd', '/l']);
  return made;
}

const paths = (text: string): string[] => text.trimEnd().split('\n').map((line) => line.replace(/^.*?Z /, ''));

test('list has a line for each match: kind, size, version, time, path', async () => {
  const { ok } = await furnished();
  const lines = (await ok(['list'])).trimEnd().split('\n');
  for (const line of lines) expect(line).toMatch(/^(data|directory|symlink) +(\d+|-) v\d+ +2026-11-22T13:00:00Z \//);
  expect(lines.map((line) => line.split(/\s+/)[0])).toEqual(['data', 'directory', 'data', 'directory', 'data', 'symlink']);
  expect(paths(lines.join('\n'))).toEqual(['/a', '/d', '/d/b.csv', '/d/e', '/d/e/c.txt', '/l -> d']);
  expect(paths(await ok(['list', '/']))).toEqual(['/a', '/d', '/l -> d']);
  expect(paths(await ok(['list', '/d']))).toEqual(['/d']);
  expect(paths(await ok(['list', '/d/']))).toEqual(['/d/b.csv', '/d/e']);
  expect(paths(await ok(['ls', '-a', '/d/']))).toEqual(['/d/.hidden', '/d/b.csv', '/d/e']);
  expect(await ok(['list', '-l', '/a'])).toMatch(/Z [0-9a-f-]{36} \/a\n$/);
  expect(JSON.parse(await ok(['list', '/a', '--json']))).toMatchObject([{ path: '/a', kind: 'data', size: 3, version: 1 }]);
});

test('list of a pattern without a match is empty, of a missing path an error that names the nearest', async () => {
  const { ok, pond } = await furnished();
  expect(await ok(['list', '/nothing*'])).toBe('');
  const { code, stderr } = await pond(['list', '/d/b.cvs']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/\nhint: did you mean "\/d\/b\.csv"\?\n$/);
});

test('tree draws what is there', async () => {
  const { ok } = await furnished();
  expect(await ok(['tree'])).toBe(`/
├── a
├── d/
│   ├── b.csv
│   └── e/
│       └── c.txt
└── l -> d

2 directories, 4 files
`);
  expect(await ok(['tree', '/d', '-a', '-L', '1'])).toContain('├── .hidden\n');
});

test('stat tells all of a node', async () => {
  const { ok } = await furnished();
  expect(await ok(['stat', '/a', '/l'])).toMatch(new RegExp([
    '^Path:     /a', 'Kind:     data', 'Size:     3 \\(3 B\\)', 'Version:  1', 'Modified: 2026.*Z', 'Id:       \\S{36}',
    'SHA-256:  7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed', '', 'Path:     /l', 'Kind:     symlink',
  ].join('\n')));
  expect(await ok(['stat', '-L', '/l'])).toContain('Kind:     directory\n');
});

test('find tests name, kind, size and age', async () => {
  const { ok, pond } = await furnished();
  expect(await ok(['find', '--name', '*.{csv,txt}'])).toBe('/d/b.csv\n/d/e/c.txt\n');
  expect(await ok(['find', '--kind', 'directory'])).toBe('/d\n/d/e\n');
  expect(await ok(['find', '--size', '+4'])).toBe('/d/b.csv\n/d/e/c.txt\n');
  expect(await ok(['find', '/**', '--size', '-3'])).toBe('/a\n');
  expect(await ok(['find', '--size', '5'])).toBe('/d/e/c.txt\n');
  expect(await ok(['find', '--kind', 'data', '--mtime', '-1h'])).toBe('/a\n/d/b.csv\n/d/e/c.txt\n');
  expect(await ok(['find', '--mtime', '+1h'])).toBe('');
  expect((await pond(['find', '--size', 'big'])).code).toBe(2);
});

test('du adds up directories', async () => {
  const { ok } = await furnished();
  expect(await ok(['du'])).toBe('5\t/d/e\n9\t/d\n12\t/\n');
  expect(await ok(['du', '-sh', '/d', '/a'])).toBe('9 B\t/d\n3 B\t/a\n');
});

test('cat prints bytes, older versions, and what a pattern matches', async () => {
  const { ok, pond } = await furnished();
  await ok(['copy', '-', '/a'], 'two');
  expect(await ok(['cat', '/a'])).toBe('two');
  expect(await ok(['cat', '/a', '--version', '1'])).toBe('one');
  expect(await ok(['cat', '/l/b.csv'])).toBe('x\n1\n');
  expect(await ok(['cat', '/d/**'])).toBe('x\n1\n1\n2\n3');
  expect(await ok(['cat', '/none*'])).toBe('');
  expect((await pond(['cat', '/d'])).stderr).toContain('it is a directory');
  expect((await pond(['cat', '/a', '--version', '9'])).code).toBe(1);
  expect((await pond(['cat', '/a'], '', { env: { POND: (await furnished()).directory }, closeAfter: 0 })))
    .toEqual({ code: 0, stdout: '', stderr: '' });
});

test('head prints the first lines or bytes', async () => {
  const { ok } = await furnished();
  expect(await ok(['head', '-n', '2', '/d/e/c.txt'])).toBe('1\n2\n');
  expect(await ok(['head', '/d/e/c.txt'])).toBe('1\n2\n3');
  expect(await ok(['head', '-c', '3', '/d/e/c.txt'])).toBe('1\n2');
  expect(await ok(['head', '-n', '0', '/a'])).toBe('');
});

test('mv renames, moves into directories, replaces files only when allowed', async () => {
  const { ok, pond } = await furnished();
  await ok(['mv', '/a', '/z']);
  await ok(['mv', '/z', '/d/b.csv', '/d/e/']);
  expect(await ok(['find', '/d/e/*'])).toBe('/d/e/b.csv\n/d/e/c.txt\n/d/e/z\n');
  expect((await pond(['mv', '--no-clobber', '/d/e/z', '/d/e/b.csv'])).code).toBe(1);
  await ok(['mv', '/d/e/z', '/d/e/b.csv', '--dry-run']);
  expect(await ok(['cat', '/d/e/b.csv'])).toBe('x\n1\n');
  await ok(['mv', '/d/e/z', '/d/e/b.csv']);
  expect(await ok(['cat', '/d/e/b.csv'])).toBe('one');
  expect((await pond(['mv', '/none*', '/d'])).code).toBe(1);
  expect((await pond(['mv', '/d', '/l', '/nowhere'])).stderr).toContain('it is no directory');
});

test('rm removes files, directories with -r, and says with --dry-run what it would', async () => {
  const { ok, pond } = await furnished();
  expect(await pond(['rm', '/d'])).toMatchObject({ code: 1, stderr: expect.stringContaining('hint: rm -r') });
  expect(await ok(['rm', '-r', '/d', '/d/**', '--dry-run'])).toBe('would remove /d\n');
  expect(await ok(['find', '/d'])).toBe('/d\n');
  await ok(['rm', '-r', '/d', '/d/**', '/l']);
  expect(await ok(['find'])).toBe('/a\n');
  expect((await pond(['rm', '/none*'])).code).toBe(1);
  expect(await ok(['find', '--at', '7', '--kind', 'symlink'])).toBe('/l\n');
});

test('ln wants -s, touch leaves what is there, mkdir -p is content with it', async () => {
  const { ok, pond } = await furnished();
  expect((await pond(['ln', 'd', '/m'])).code).toBe(2);
  expect((await pond(['mkdir', '/d'])).code).toBe(1);
  await ok(['mkdir', '-p', '/d']);
  await ok(['touch', '/a', '/new']);
  expect(await ok(['cat', '/a'])).toBe('one');
  expect(await ok(['stat', '/new'])).toContain('Size:     0 (0 B)');
});

test('cp copies inside the pond', async () => {
  const { ok, pond } = await furnished();
  await ok(['cp', '/a', '/d/']);
  expect(await ok(['cat', '/d/a'])).toBe('one');
  expect((await pond(['cp', '/d', '/x'])).stderr).toContain('-r was wanted');
  expect((await pond(['cp', '-r', '/d', '/d/e/x'])).stderr).toContain('inside itself');
  await ok(['cp', '-r', '/d', '/x']);
  expect(await ok(['find', '/x/**'])).toBe('/x/a\n/x/b.csv\n/x/e\n/x/e/c.txt\n');
  expect(await ok(['cat', '/x/e/c.txt'])).toBe('1\n2\n3');
});

test('names that would act on a terminal are escaped', async () => {
  const { ok } = await testPond();
  await ok(['mkdir', '/\u001b[31mred\n']);
  expect(await ok(['list'])).toMatch(/ \/\\e\[31mred\\n\n$/);
  expect(await ok(['tree'])).toContain('\\e[31mred\\n/');
  expect(JSON.parse(await ok(['list', '--json']))).toMatchObject([{ path: '/\u001b[31mred\n' }]);
});

test('mv and cp --dry-run say what they would do, and neither goes where there is no directory', async () => {
  const { ok, pond } = await testPond();
  await ok(['touch', '/a', '/b']);
  await ok(['mkdir', '/d']);
  expect(await pond(['mv', '/a', '/d', '-n'])).toEqual({ code: 0, stdout: 'would move /a -> /d/a\n', stderr: 'dry run: nothing was changed\n' });
  expect(await ok(['cp', '/[ab]', '/d', '--dry-run'])).toContain('would copy /b -> /d/b\n');
  for (const command of ['mv', 'cp']) {
    expect(await pond([command, '/a', '/none/'])).toMatchObject({ code: 1, stderr: expect.stringContaining('hint: pond mkdir -p "/none/"') });
  }
  expect(await pond(['cp', '/a', '/a'])).toMatchObject({ code: 1, stderr: expect.stringContaining('"/a" to itself') });
  expect(await ok(['find'])).toBe('/a\n/b\n/d\n');
});

test('a version that is not there is named with its file', async () => {
  const { ok, pond } = await testPond();
  await ok(['copy', '-', '/a'], 'a');
  for (const args of [['cat', '/a', '--version', '9'], ['cat', '/a', '--version', '0'], ['revert', '/a', '--to', '9']]) {
    expect(await pond(args)).toMatchObject({ code: 1, stderr: expect.stringMatching(/Cannot .*"\/a".*: no version \d, the newest is 1/) });
  }
});
