import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync, chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Ran, run, scratchDirectory, testPond, type TestPond } from './fake-effects.ts';

const bin = fileURLToPath(new URL('../dist/pond.cjs', import.meta.url));
const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

/** A message names the thing and what to do; nobody sees a stack. */
function expectClear({ stderr }: Ran, ...parts: readonly string[]): void {
  expect(stderr).toMatch(/^pond: /m);
  expect(stderr).not.toMatch(/^\s+at |Unexpected error|undefined|\[object/m);
  for (const part of parts) expect(stderr).toContain(part);
}

function spawnPond(args: readonly string[], directory: string, options: { readonly uid?: number; readonly stdout?: number } = {}): Ran {
  const { uid, stdout: descriptor = 'pipe' } = options;
  const env = { POND: directory, HOME: '/nonexistent' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], {
    env, cwd: '/', input: 'x', encoding: 'utf8', stdio: ['pipe', descriptor, 'pipe'], ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  return { code: status ?? -1, stdout: stdout ?? '', stderr };
}

describe('a directory that is no pond', () => {
  test('none at all, missing, a file, other files, another Delta table: exit 10 and the next step', async () => {
    const cwd = scratchDirectory();
    writeFileSync(join(cwd, 'file'), '');
    mkdirSync(join(cwd, 'other'));
    writeFileSync(join(cwd, 'other/notes'), '');
    for (const command of [['list'], ['show'], ['log'], ['fsck'], ['touch', '/x']]) {
      const none = await run(command, { cwd });
      expect(none.code).toBe(10);
      expectClear(none, 'POND environment variable not set', 'hint: name a pond with --pond DIR');
      for (const [directory, what, hint] of [
        ['missing', 'Pond does not exist', "Run 'pond init' first"],
        ['file', 'it is a file', 'name the directory of a pond'],
        ['file/below', 'Pond does not exist', "Run 'pond init' first"],
        ['other', 'the directory has "notes" in it', 'name the directory of a pond'],
      ] as const) {
        const ran = await run([...command, '--pond', directory], { cwd });
        expect(ran.code, directory).toBe(10);
        expectClear(ran, join(cwd, directory), what, hint);
      }
    }
    expect(readdirSync(cwd).sort()).toEqual(['file', 'other']);
  });

  test('init refuses a second pond, a file, other files and another Delta table, and touches nothing', async () => {
    const { pond, cwd, directory } = await testPond();
    const again = await pond(['init']);
    expect(again.code).toBe(1);
    expectClear(again, 'Pond already exists', 'hint: ');
    mkdirSync(join(cwd, 'table/store/_delta_log'), { recursive: true });
    const schemaString = JSON.stringify({ type: 'struct', fields: [{ name: 'a', type: 'long', nullable: true, metadata: {} }] });
    const metaData = { id: 'x', format: { provider: 'parquet', options: {} }, schemaString, partitionColumns: [], configuration: {} };
    const commit = [{ protocol: { minReaderVersion: 1, minWriterVersion: 2 } }, { metaData }].map((action) => `${JSON.stringify(action)}\n`).join('');
    writeFileSync(join(cwd, 'table/store/_delta_log/00000000000000000000.json'), commit);
    for (const command of [['list'], ['touch', '/x'], ['fsck']]) {
      const other = await pond([...command, '--pond', 'table']);
      expect(other.code).toBe(10);
      expectClear(other, `"${join(cwd, 'table')}"`, 'a Delta table of something else', 'hint: ');
    }
    for (const place of ['table', 'table/store']) {
      const ran = await pond(['init', '--pond', place]);
      expect(ran.code).toBe(1);
      expectClear(ran, 'a missing or empty directory was wanted', 'hint: ');
    }
    expect(readdirSync(join(cwd, 'table'), { recursive: true }).sort())
      .toEqual(['store', 'store/_delta_log', 'store/_delta_log/00000000000000000000.json']);
    expect((await pond(['fsck'])).code, directory).toBe(0);
  });

  test('a pond of a newer format is refused by every command', async () => {
    const { pond, directory } = await testPond();
    const commit = join(directory, 'store/_delta_log/00000000000000000000.json');
    writeFileSync(commit, readFileSync(commit, 'utf8').replace('"duckpond.format":"1"', '"duckpond.format":"99"'));
    for (const command of [['list'], ['touch', '/x'], ['fsck']]) {
      const ran = await pond(command);
      expect(ran.code).toBe(1);
      expectClear(ran, `"${directory}"`, 'format 99', 'hint: a newer release of pond wrote this');
    }
  });
});

describe.skipIf(!isRoot)('a pond of another user', () => {
  async function foreign(): Promise<TestPond> {
    const made = await testPond();
    await made.ok(['copy', '-', '/a'], 'a');
    chmodSync(made.cwd, 0o755);
    return made;
  }

  test('can be read but not written', async () => {
    const { directory } = await foreign();
    expect(spawnPond(['cat', '/a'], directory, { uid: NOBODY })).toEqual({ code: 0, stdout: 'a', stderr: '' });
    const ran = spawnPond(['touch', '/x'], directory, { uid: NOBODY });
    expect(ran.code).toBe(1);
    expectClear(ran, `"${directory}/store/`, 'permission denied, run as the owner');
  });

  test('that may not be read is neither missing nor damaged', async () => {
    const { directory } = await foreign();
    const [part = ''] = readdirSync(join(directory, 'store')).filter((name) => name.startsWith('part-'));
    for (const place of ['', 'store', 'store/_delta_log/00000000000000000000.json', `store/${part}`]) {
      const path = join(directory, place);
      const { mode } = statSync(path);
      chmodSync(path, 0);
      const ran = spawnPond(['fsck'], directory, { uid: NOBODY });
      chmodSync(path, mode);
      expect(ran.code, place).toBe(1);
      expectClear(ran, `"${directory}`, 'permission denied');
    }
  });
});

/** A file system of a megabyte; undefined where none may be mounted. */
function smallDisk(): string | undefined {
  const directory = scratchDirectory();
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory]).status !== 0) return undefined;
  onTestFinished(() => {
    execFileSync('umount', [directory]);
  });
  return directory;
}

function fill(disk: string): void {
  spawnSync('dd', ['if=/dev/zero', `of=${disk}/fill`, 'bs=1k', 'count=1024']);
}

test.skipIf(!isRoot)('a full disk: nothing is half done, what was committed stays, and work goes on when there is room', async (context) => {
  const disk = smallDisk();
  if (disk === undefined) return context.skip();
  const directory = join(disk, 'pond');
  const pond = (args: readonly string[], stdin = ''): Promise<Ran> => run(args, { env: { POND: directory }, cwd: disk, stdin });
  fill(disk);
  const init = await pond(['init']);
  expect(init.code).toBe(1);
  expectClear(init, directory, 'the disk is full');
  rmSync(join(disk, 'fill'));
  expect((await pond(['init'])).code).toBe(0);
  expect((await pond(['copy', '-', '/a'], 'kept')).code).toBe(0);
  fill(disk);
  for (const args of [['copy', '-', '/b'], ['touch', '/c'], ['mkdir', '/d'], ['config', 'set', 'log.limit', '7']]) {
    const ran = await pond(args, 'lost');
    expect(ran.code).toBe(1);
    expectClear(ran, `"${directory}/store/`, 'the disk is full, free some space and try again');
  }
  expect((await pond(['find'])).stdout).toBe('/a\n');
  rmSync(join(disk, 'fill'));
  const large = await pond(['copy', '-', '/large'], 'x'.repeat(2_000_000));
  expect(large.code).toBe(1);
  expectClear(large, 'the disk is full');
  expect((await pond(['copy', '-', '/b'], 'now')).code).toBe(0);
  expect(await pond(['fsck'])).toMatchObject({ code: 0, stderr: '' });
  expect(readdirSync(join(directory, 'store')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  expect((await pond(['copy', '-', '/m'], 'x'.repeat(300_000))).code).toBe(0);
  fill(disk);
  const out = await pond(['copy', '/m', 'host:out']);
  expect(out.code).toBe(1);
  expectClear(out, `"${disk}/out/m"`, 'no space is left');
  expect(readdirSync(join(disk, 'out'))).toEqual([]);
});

test.skipIf(!existsSync('/dev/full'))('a full disk behind the standard output is an error', async () => {
  const { directory } = await testPond();
  const { openSync, closeSync } = await import('node:fs');
  const full = openSync('/dev/full', 'w');
  for (const args of [['help'], ['show'], ['log', '--format', 'parquet']]) {
    const ran = spawnPond(args, directory, { stdout: full });
    expect(ran.code).toBe(1);
    expectClear(ran, 'Cannot write to the output: no space is left on the device');
  }
  closeSync(full);
});

interface Damage {
  readonly what: string;
  /** Returns the file that is damaged, relative to the pond. */
  readonly harm: (directory: string) => string;
  /** What cannot be done then: exit code 12. */
  readonly breaks: readonly (readonly string[])[];
  /** What still can. */
  readonly spares: readonly (readonly string[])[];
  /** Whether `fsck --repair` puts it right. */
  readonly derived?: true;
}

const LOG = 'store/_delta_log';
const commit = (version: number): string => `${LOG}/${String(version).padStart(20, '0')}.json`;
const at = (directory: string, file: string, step: (path: string) => void): string => {
  step(join(directory, file));
  return file;
};
const blobOf = (directory: string): string => `store/_blobs/${readdirSync(join(directory, 'store/_blobs'))[0] ?? ''}`;
const dataFileOf = (directory: string, version: number): string =>
  `store/${/part-[0-9a-f-]{36}[.\w]*\.parquet/.exec(readFileSync(join(directory, commit(version)), 'utf8'))?.[0] ?? ''}`;

const READS = [['list'], ['cat', '/d/a'], ['show'], ['status']];
const DAMAGES: readonly Damage[] = [
  { what: 'a commit cut short', harm: (d) => at(d, commit(2), (path) => truncateSync(path, 100)), breaks: [...READS, ['touch', '/x']], spares: [] },
  { what: 'an empty last commit', harm: (d) => at(d, commit(3), (path) => truncateSync(path, 0)), breaks: [...READS, ['touch', '/x']], spares: [] },
  {
    what: 'an edited commit',
    harm: (d) => at(d, commit(2), (path) => writeFileSync(path, readFileSync(path, 'utf8').replace('"size":', '"size":1'))),
    breaks: READS, spares: [],
  },
  { what: 'a commit that is missing', harm: (d) => at(d, commit(2), rmSync), breaks: READS, spares: [] },
  { what: 'a data file that is missing', harm: (d) => at(d, dataFileOf(d, 2), rmSync), breaks: [['list', '--at', '3']], spares: [['log']] },
  {
    what: 'a data file cut short', harm: (d) => at(d, dataFileOf(d, 2), (path) => truncateSync(path, 300)),
    breaks: [['list', '--at', '3']], spares: [['log']],
  },
  {
    what: 'a blob with other bytes',
    harm: (d) => at(d, blobOf(d), (path) => writeFileSync(path, readFileSync(path, 'latin1').replace('x', 'y'), 'latin1')),
    breaks: [['cat', '/blob'], ['copy', '/blob', 'host:out']], spares: [['list'], ['cat', '/d/a'], ['touch', '/x']],
  },
  {
    what: 'a blob that is missing', harm: (d) => at(d, blobOf(d), rmSync),
    breaks: [['cat', '/blob'], ['copy', '/', 'host:out']], spares: [['list'], ['cat', '/d/a'], ['touch', '/x']],
  },
  {
    what: 'garbage in _last_checkpoint', harm: (d) => at(d, `${LOG}/_last_checkpoint`, (path) => writeFileSync(path, 'garbage')),
    breaks: [], spares: [...READS, ['touch', '/x']], derived: true,
  },
  {
    what: 'garbage in _state', harm: (d) => at(d, 'store/_state/_last', (path) => writeFileSync(path, 'garbage')),
    breaks: [], spares: [...READS, ['touch', '/x']], derived: true,
  },
  {
    what: 'a checkpoint of garbage',
    harm: (d) => at(d, `${LOG}/${readdirSync(join(d, LOG)).find((name) => name.endsWith('.checkpoint.parquet')) ?? ''}`, (path) => writeFileSync(path, 'PAR1')),
    breaks: [], spares: READS, derived: true,
  },
];

test.each(DAMAGES)('damage: $what', async ({ harm, breaks, spares, derived }) => {
  const { ok, pond, cwd, directory } = await testPond();
  await ok(['copy', '-', '/d/a'], 'a');
  await ok(['copy', '-', '/blob'], 'x'.repeat(200_000));
  await ok(['copy', '-', '/d/b'], 'b');
  const root = await ok(['fsck']);
  if (derived === true) await ok(['maintain']);
  const file = harm(directory);
  const before = snapshot(directory);
  for (const args of breaks) {
    const ran = await pond(args);
    expect(ran.code, args.join(' ')).toBe(12);
    expectClear(ran, file.replace(/^store\//, ''), 'fsck');
  }
  expect(snapshot(directory)).toEqual(before);
  const checked = await pond(['fsck', '--verbose']);
  expect(checked.code).toBe(12);
  expect(checked.stderr).toContain(`${file}`);
  expect(checked.stderr).toMatch(/^hint: /m);
  if (/_blobs/.test(file)) expect(checked.stderr).toContain('(/blob version 1)');
  if (derived === true) {
    expect((await pond(['fsck', '--repair'])).code).toBe(0);
    expect(await pond(['fsck'])).toEqual({ code: 0, stdout: root, stderr: '' });
  }
  for (const args of spares) expect((await pond(args)).code, args.join(' ')).toBe(0);
  // What is whole is copied out all the same.
  if (breaks.some(([command]) => command === 'copy') && existsSync(join(cwd, 'out/d'))) {
    expect(readFileSync(join(cwd, 'out/d/a'), 'utf8')).toBe('a');
    expect(existsSync(join(cwd, 'out/blob'))).toBe(false);
  }
});

function snapshot(directory: string): Record<string, string> {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(directory, name)).isFile());
  return Object.fromEntries(files.sort().map((name) => [name, readFileSync(join(directory, name), 'base64')]));
}

describe('names and paths', () => {
  const NAMES = [
    'with space', 'Ünïcode \u{1f986}', 'e\u0301', '\u00e9', 'new\nline', 'tab\there', 'esc\u001b[31m', '-dash', '--help', 'a*b?[c]{d}', '\\', '"quote\'', 'a'.repeat(255),
    '\u00e9'.repeat(127), 'rtl\u202eoverride', '$(id)', '%41',
  ];

  test('any name goes in, is listed on one line, is found by every command and comes out as it was', async () => {
    const { ok, cwd } = await testPond();
    mkdirSync(join(cwd, 'in'));
    for (const name of NAMES) writeFileSync(join(cwd, 'in', name), name);
    await ok(['copy', 'in', '/']);
    const rows: { path: string }[] = JSON.parse(await ok(['list', '/in/', '-a', '--json']));
    expect(rows.map(({ path }) => path.slice('/in/'.length)).sort()).toEqual([...NAMES].sort());
    for (const command of [['list', '/in/'], ['find', '/in/*'], ['tree'], ['log', '--txn', '2'], ['diff'], ['log']]) {
      const text = await ok(command);
      // Nothing that a terminal obeys, and no line more than there are things.
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    }
    expect((await ok(['list', '/in/'])).trimEnd().split('\n')).toHaveLength(NAMES.length);
    await ok(['copy', '/in', 'host:out']);
    expect(readdirSync(join(cwd, 'out/in')).sort()).toEqual([...NAMES].sort());
    for (const name of NAMES) expect(readFileSync(join(cwd, 'out/in', name), 'utf8')).toBe(name);
    await ok(['rm', '-r', '/in']);
    expect(await ok(['find'])).toBe('');
  });

  test('a name of 256 bytes, ".." above the root and a file as a directory are refused', async () => {
    const { ok, pond } = await testPond();
    await ok(['touch', '/f']);
    for (const path of [`/${'\u00e9'.repeat(128)}`, `/${'x'.repeat(300)}`, '/../x', '../x', '/a/../../x', '/f/x', '/f/']) {
      for (const command of [['touch', path], ['mkdir', '-p', path], ['cat', path], ['list', path], ['rm', path], ['copy', '-', path]]) {
        const ran = await pond(command);
        expect(ran.code, command.join(' ')).toBe(1);
        expectClear(ran, 'Cannot ');
      }
    }
    expect(await ok(['find'])).toBe('/f\n');
  });

  test('links in a circle end with an error that names the link; lists and trees show them', async () => {
    const { ok, pond, cwd } = await testPond();
    await ok(['ln', '-s', '/b', '/a']);
    await ok(['ln', '-s', '/a', '/b']);
    await ok(['ln', '-s', '.', '/here']);
    await ok(['ln', '-s', 'nowhere', '/dangling']);
    await ok(['copy', '-', '/f'], 'f');
    for (const command of [['cat', '/a'], ['stat', '-L', '/a'], ['head', '/a/x'], ['touch', '/a/x'], ['cp', '/a', '/c'], ['copy', '/a', 'host:out']]) {
      const ran = await pond(command);
      expect(ran.code, command.join(' ')).toBe(1);
      expectClear(ran, '"/a"', 'links lead from one to the next');
    }
    expect(await ok(['find'])).toBe('/a\n/b\n/dangling\n/f\n/here\n');
    expect(await ok(['tree'])).toContain('here -> .\n');
    expect((await ok(['du'])).trim()).toBe('1\t/');
    const some = await pond(['copy', '/', 'host:out']);
    expect(some.code).toBe(3);
    for (const link of ['"/a"', '"/b"', '"/dangling"', '"/here"']) expectClear(some, `Cannot copy ${link}: it is a link`);
    expect(readdirSync(join(cwd, 'out'))).toEqual(['f']);
  });

  test('a pattern that matches nothing is no error for reading and one for changing; a missing path always is', async () => {
    const { pond } = await testPond();
    for (const command of ['list', 'find', 'stat', 'du', 'cat', 'head']) {
      expect(await pond([command, '/none*']), command).toEqual({ code: 0, stdout: '', stderr: '' });
      const missing = await pond([command, '/none']);
      expect(missing.code, command).toBe(1);
      expectClear(missing, '"/none"');
    }
    for (const command of [['rm', '/none*'], ['mv', '/none*', '/x'], ['cp', '/none*', '/x'], ['copy', '/none*', 'host:out'], ['copy', 'none*', '/']]) {
      const ran = await pond(command);
      expect(ran.code, command.join(' ')).toBe(1);
      expectClear(ran, 'none*');
    }
  });
});

describe('copy from a host that is not as expected', () => {
  test('sources that are missing or lead nowhere commit nothing', async () => {
    const { ok, pond, cwd } = await testPond();
    writeFileSync(join(cwd, 'a'), 'a');
    symlinkSync('nowhere', join(cwd, 'dangling'));
    symlinkSync('circle', join(cwd, 'circle'));
    for (const source of ['missing', 'dangling', 'circle', 'a/b']) {
      const ran = await pond(['copy', 'a', source, '/x/']);
      expect(ran.code, source).toBe(1);
      expectClear(ran, `"${source}"`);
    }
    expect(await ok(['find'])).toBe('');
  });

  test('links, pipes and sockets in a directory: links stay links, the others are left out with exit 3', async () => {
    const { ok, pond, cwd } = await testPond();
    mkdirSync(join(cwd, 'in/d'), { recursive: true });
    writeFileSync(join(cwd, 'in/d/file'), 'f');
    symlinkSync('d/file', join(cwd, 'in/link'));
    symlinkSync('/nowhere', join(cwd, 'in/dangling'));
    symlinkSync('.', join(cwd, 'in/self'));
    await ok(['copy', 'in', '/']);
    expect(await ok(['find'])).toBe('/in\n/in/d\n/in/d/file\n/in/dangling\n/in/link\n/in/self\n');
    // Once more: the same links stay as they are.
    await ok(['copy', 'in', '/']);
    expect(JSON.parse(await ok(['log', '--limit', '1', '--json']))).toMatchObject([{ created: 0, written: 1, removed: 0 }]);
    execFileSync('mkfifo', [join(cwd, 'in/pipe')]);
    const ran = await pond(['copy', 'in', '/again']);
    expect(ran.code).toBe(3);
    expectClear(ran, `"${cwd}/in/pipe"`, '1 skipped', 'transaction 4');
    expect(await ok(['cat', '/again/link'])).toBe('f');
    const only = await pond(['copy', 'in/pipe', 'in/missing*', '/x/']);
    expect(only.code).toBe(1);
  });

  test('the directory of the pond itself is left out', async () => {
    const { ok, pond, cwd, directory } = await testPond();
    writeFileSync(join(cwd, 'a'), 'a');
    const ran = await pond(['copy', cwd, '/all']);
    expect(ran.code).toBe(3);
    expectClear(ran, `"${directory}": it is the directory of this pond`);
    expect(await ok(['find'])).toBe('/all\n/all/a\n');
    expect((await pond(['copy', directory, '/self'])).code).toBe(1);
  });

  test.skipIf(!isRoot)('files that may not be read are left out, and the rest is committed', async () => {
    const { cwd, directory } = await testPond();
    mkdirSync(join(cwd, 'in'));
    for (const name of ['a', 'b']) writeFileSync(join(cwd, 'in', name), name);
    chmodSync(join(cwd, 'in/b'), 0);
    execFileSync('chown', ['-R', String(NOBODY), directory]);
    chmodSync(cwd, 0o755);
    const ran = spawnPond(['copy', join(cwd, 'in'), '/in'], directory, { uid: NOBODY });
    expect(ran.code).toBe(3);
    expectClear(ran, `Cannot copy "${cwd}/in/b": permission denied`);
    expect(spawnPond(['find'], directory).stdout).toBe('/in\n/in/a\n');
    expect(spawnPond(['copy', join(cwd, 'in/b'), '/b'], directory, { uid: NOBODY }).code).toBe(1);
  });

  test('a file that grows while it is read, and a directory into itself', async () => {
    const { ok, pond, cwd } = await testPond();
    writeFileSync(join(cwd, 'log'), 'x'.repeat(1_000_000));
    const copying = pond(['copy', 'log', '/log']);
    appendFileSync(join(cwd, 'log'), 'more');
    expect((await copying).code).toBe(0);
    const size = Number((await ok(['stat', '/log', '--format', 'csv'])).split('\n')[1]?.split(',')[2]);
    expect([1_000_000, 1_000_004]).toContain(size);
    expect((await pond(['fsck'])).code).toBe(0);
    await ok(['mkdir', '/d']);
    const ran = await pond(['cp', '-r', '/d', '/d/e']);
    expect(ran.code).toBe(1);
    expectClear(ran, 'it would be inside itself');
    expect((await pond(['mv', '/d', '/d/e'])).code).toBe(1);
  });
});

test('copy leaves devices and pipes of the host alone', async () => {
  const { ok, pond, cwd } = await testPond();
  await ok(['copy', '-', '/pipe'], 'x');
  mkdirSync(join(cwd, 'out'));
  execFileSync('mkfifo', [join(cwd, 'out/pipe')]);
  const ran = await pond(['copy', '/pipe', 'host:out']);
  expect(ran.code).toBe(1);
  expectClear(ran, `"${cwd}/out/pipe": it is a device, a pipe or a socket`);
  expect((await pond(['copy', '/pipe', 'host:/dev/null'])).code).toBe(1);
  expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  expect(statSync(join(cwd, 'out/pipe')).isFIFO()).toBe(true);
});

test('a pond without its leading commits, and with strange files beside it, can be read', async () => {
  const { ok, pond, directory } = await testPond();
  await ok(['copy', '-', '/a'], 'a');
  cpSync(join(directory, commit(0)), join(directory, 'store/notes.json'));
  writeFileSync(join(directory, 'stray'), '');
  expect(await ok(['cat', '/a'])).toBe('a');
  expect((await pond(['fsck'])).code).toBe(0);
});
