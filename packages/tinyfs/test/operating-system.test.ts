import * as os from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTinyFsError, type TinyFsErrorCode, type WritableWD } from '../src/index.ts';
import { text, tree } from './memory-tree.ts';

/** One call, made here and in a directory of the operating system. */
interface Operation {
  readonly show: string;
  readonly here: (root: WritableWD) => Promise<unknown>;
  readonly there: (base: string) => unknown;
}

const ERRORS: Readonly<Record<string, readonly TinyFsErrorCode[]>> = {
  ENOENT: ['not-found'],
  EEXIST: ['already-exists'],
  ENOTDIR: ['not-a-directory'],
  EISDIR: ['not-a-file'],
  ENOTEMPTY: ['not-empty'],
  EINVAL: ['invalid-path', 'not-a-symlink'],
};

// Node reports what is in the way of `mkdir -p` in more than one way.
const MKDIR_P: readonly TinyFsErrorCode[] = ['already-exists', 'not-found', 'not-a-directory'];

const name = fc.constantFrom('a', 'b', 'c');
const path = fc.oneof(
  { weight: 3, arbitrary: name },
  { weight: 4, arbitrary: fc.tuple(name, name).map((names) => names.join('/')) },
  { weight: 1, arbitrary: fc.tuple(name, name, name).map((names) => names.join('/')) },
);
const target = fc.tuple(fc.nat(2), path).map(([up, down]) => '../'.repeat(up) + down);

const on = (show: string, here: Operation['here'], there: Operation['there']): Operation => ({ show, here, there });

const mkdir = (at: string): Operation => on(`mkdir ${at}`, (root) => root.mkdir(at), (base) => os.mkdirSync(join(base, at)));
const write = (at: string, content: string): Operation =>
  on(`write ${at} ${content}`, (root) => root.write(at, [Buffer.from(content)]), (base) => os.writeFileSync(join(base, at), content));
const link = (to: string, at: string): Operation =>
  on(`ln -s ${to} ${at}`, (root) => root.symlink(to, at), (base) => os.symlinkSync(to, join(base, at)));

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 3, arbitrary: path.map(mkdir) },
  { weight: 3, arbitrary: fc.tuple(path, fc.nat(99)).map(([at, content]) => write(at, `${content}`)) },
  { weight: 3, arbitrary: fc.tuple(target, path).map(([to, at]) => link(to, at)) },
  {
    weight: 4,
    arbitrary: fc.tuple(path, path, fc.boolean()).map(([from, to, replace]) => on(
      `mv ${replace ? '-f' : '-n'} ${from} ${to}`,
      (root) => root.rename(from, to, { replace }), (base) => rename(join(base, from), join(base, to), replace),
    )),
  },
  ...[
    (at: string) => on(
      `mkdir -p ${at}`, (root) => root.mkdir(at, { parents: true }), (base) => os.mkdirSync(join(base, at), { recursive: true }),
    ),
    (at: string) => on(`rm ${at}`, (root) => root.remove(at), (base) => remove(join(base, at))),
    (at: string) => on(
      `rm -r ${at}`, (root) => root.remove(at, { recursive: true }), (base) => os.rmSync(join(base, at), { recursive: true }),
    ),
    (at: string) => on(`cat ${at}`, (root) => text(root.read(at)), (base) => os.readFileSync(join(base, at), 'utf8')),
    (at: string) => on(`readlink ${at}`, (root) => root.readlink(at), (base) => os.readlinkSync(join(base, at))),
    (at: string) => on(`test -e ${at}`, (root) => root.exists(at), (base) => os.existsSync(join(base, at))),
    (at: string) => on(
      `realpath ${at}`,
      async (root) => (await root.get(at)).path, (base) => os.realpathSync(join(base, at)).slice(os.realpathSync(base).length) || '/',
    ),
  ].map((make) => ({ weight: 1, arbitrary: path.map(make) })),
);

/** So that the random operations have something to work on. */
const FIRST: readonly Operation[] = [
  mkdir('a'), mkdir('a/b'), write('a/c', 'ac'), mkdir('b'), write('b/a', 'ba'), link('../a', 'b/c'), link('b/c/b', 'c'), mkdir('a/b/a'),
];

describe('a working directory', () => {
  it('behaves as a directory of the operating system does', async () => {
    const kinds = new Map<string, number>();
    await fc.assert(fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 30, size: 'max' }), async (operations) => {
      const temporary = os.mkdtempSync(join(tmpdir(), 'tinyfs-'));
      const base = join(temporary, 'root');
      os.mkdirSync(base);
      try {
        const { root } = await tree();
        for (const { show, here, there } of [...FIRST, ...operations]) {
          const ours = await outcome(() => here(root));
          // Links out of the root and chains of more than ten are errors of our own; then nothing is asked of the system.
          if (ours.code === 'above-root' || ours.code === 'symlink-loop') continue;
          const theirs = await outcome(async () => there(base));
          kinds.set(`${show.split(' ')[0]} ${ours.code}`, (kinds.get(`${show.split(' ')[0]} ${ours.code}`) ?? 0) + 1);
          if (ours.code === undefined || theirs.code === undefined) expect(ours, show).toEqual(theirs);
          else expect(show.startsWith('mkdir -p') ? MKDIR_P : ERRORS[theirs.code], `${show}: ${theirs.code}`).toContain(ours.code);
        }
        expect(await dumpHere(root)).toEqual(dumpThere(base));
      } finally {
        os.rmSync(temporary, { recursive: true });
      }
    }), { numRuns: 300 });
    // Most random calls fail; enough of those that tell something must not.
    for (const [kind, least] of [['cat', 5], ['mv', 50], ['realpath', 30]] as const) {
      expect(kinds.get(`${kind} undefined`) ?? 0, kind).toBeGreaterThan(least);
    }
  });
});

interface Outcome {
  readonly code: string | undefined;
  readonly value: unknown;
}

async function outcome(run: () => Promise<unknown>): Promise<Outcome> {
  try {
    const value = await run();
    // mkdir -p of Node tells where it made the first directory.
    const isAnswer = typeof value === 'boolean' || (typeof value === 'string' && !value.startsWith(tmpdir()));
    return { code: undefined, value: isAnswer ? value : undefined };
  } catch (error) {
    if (isTinyFsError(error)) return { code: error.code, value: undefined };
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return { code, value: undefined };
  }
}

/** Our choices, in calls of the system: nothing is replaced unasked, a directory never is, anything takes a file's place. */
function rename(from: string, to: string, replace: boolean): void {
  const source = os.lstatSync(from);
  const taken = os.lstatSync(to, { throwIfNoEntry: false });
  if (taken === undefined || taken.ino === source.ino) return os.renameSync(from, to);
  if (source.isDirectory() && `${os.realpathSync(dirname(to))}/`.startsWith(`${os.realpathSync(from)}/`)) throw failure('EINVAL');
  if (!replace || taken.isDirectory()) throw failure('EEXIST');
  // Either path may lead through the link that goes away.
  const [realFrom, realTo] = [from, to].map((path) => join(os.realpathSync(dirname(path)), basename(path)));
  os.unlinkSync(to);
  os.renameSync(realFrom ?? from, realTo ?? to);
}

function remove(path: string): void {
  if (os.lstatSync(path).isDirectory()) os.rmdirSync(path);
  else os.unlinkSync(path);
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

async function dumpHere(root: WritableWD): Promise<string[]> {
  const lines: string[] = [];
  for await (const { path, node } of root.walk()) {
    if (node.kind === 'directory') lines.push(`${path}/`);
    else lines.push(node.kind === 'symlink' ? `${path}->${node.target}` : `${path}=${await text(root.read(path))}`);
  }
  return lines;
}

function dumpThere(base: string, path = ''): string[] {
  return os.readdirSync(base + path, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const at = `${path}/${entry.name}`;
      if (entry.isDirectory()) return [`${at}/`, ...dumpThere(base, at)];
      return [entry.isSymbolicLink() ? `${at}->${os.readlinkSync(base + at)}` : `${at}=${os.readFileSync(base + at, 'utf8')}`];
    });
}
