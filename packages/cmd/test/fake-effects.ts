import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { onTestFinished } from 'vitest';
import { main } from '../src/cli.ts';
import { type Effects, type Output, OutputClosed, uuidV7 } from '../src/effects.ts';
import { type Interrupted, Interruption } from '../src/interruption.ts';

export interface FakeOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: string;
  /** Instead of `stdin`, for what is no text. */
  readonly stdinBytes?: Uint8Array;
  /** What is typed on a terminal, piece by piece; the standard input is that terminal then. */
  readonly typed?: PassThrough;
  /** Width of a terminal; without it the streams are pipes. */
  readonly columns?: number;
  /** The reader of standard output goes after so many bytes. */
  readonly closeAfter?: number;
  /** How long after `START_MICROS` the command runs. */
  readonly laterMillis?: number;
}

export interface Fake {
  readonly effects: Effects;
  readonly stdout: () => string;
  readonly stdoutBytes: () => Buffer;
  readonly stderr: () => string;
  readonly interrupt: (reason: Interrupted) => void;
  readonly advance: (millis: number) => void;
}

/** 2026-11-22T13:00:00Z. */
export const START_MICROS = 1_795_352_400_000_000n;

/** Ids differ between the commands of a test, as they do between processes. */
let ids = 0;

/** A world in memory: its clock moves by a microsecond a look, its ids are counted. */
export function fakeEffects({ env = {}, cwd = '/', stdin = '', stdinBytes, typed, columns, closeAfter = Infinity, laterMillis = 0 }: FakeOptions = {}): Fake {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  const interruption = new Interruption();
  let micros = START_MICROS + BigInt(laterMillis) * 1000n;
  const output = (parts: Buffer[], limit: number): Output => {
    const put = (chunk: string | Uint8Array): void => {
      if (parts.reduce((sum, part) => sum + part.length, 0) >= limit) throw new OutputClosed('closed');
      parts.push(Buffer.from(chunk));
    };
    return { isTty: columns !== undefined, columns, print: put, write: async (chunk) => put(chunk) };
  };
  return {
    effects: {
      stdout: output(out, closeAfter),
      stderr: output(err, Infinity),
      stdinIsTty: typed !== undefined,
      terminal: () => ({ input: typed ?? new PassThrough(), output: new PassThrough().resume() }),
      async *stdin() {
        yield stdinBytes ?? Buffer.from(stdin);
      },
      env,
      cwd: () => cwd,
      nowMicros: () => (micros += 1n),
      elapsedMillis: () => Number(micros - START_MICROS) / 1000,
      uuid: () => uuidV7(Number(micros / 1000n), `00000000-0000-4000-8000-${(++ids).toString(16).padStart(12, '0')}`),
      user: () => 'ana',
      host: () => 'pump-house',
      platform: 'linux',
      nodeVersion: '20.20.0',
      interruption: () => interruption,
    },
    stdout: () => Buffer.concat(out).toString(),
    stdoutBytes: () => Buffer.concat(out),
    stderr: () => Buffer.concat(err).toString(),
    interrupt: (reason) => interruption.raise(reason),
    advance: (millis) => {
      micros += BigInt(Math.round(millis * 1000));
    },
  };
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One command line in process. */
export async function run(args: readonly string[], options: FakeOptions = {}): Promise<Ran> {
  const fake = fakeEffects(options);
  const code = await main(args, fake.effects);
  return { code, stdout: fake.stdout(), stderr: fake.stderr() };
}

/** A directory that is gone when the test is over. */
export function scratchDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'pond-cmd-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export interface TestPond {
  readonly cwd: string;
  readonly directory: string;
  /** Runs a command line with this pond; its stdin is the text. */
  readonly pond: (args: readonly string[], stdin?: string, options?: FakeOptions) => Promise<Ran>;
  /** As `pond`, and the test fails unless it succeeds. */
  readonly ok: (args: readonly string[], stdin?: string) => Promise<string>;
}

/** A pond of its own for one test; the clock starts anew with every command, as on a board without one. */
export async function testPond(): Promise<TestPond> {
  const cwd = scratchDirectory();
  const directory = join(cwd, 'pond');
  const pond = (args: readonly string[], stdin = '', options: FakeOptions = {}): Promise<Ran> =>
    run(args, { env: { POND: directory }, cwd, stdin, ...options });
  const ok = async (args: readonly string[], stdin = ''): Promise<string> => {
    const { code, stdout, stderr } = await pond(args, stdin);
    if (code !== 0) throw new Error(`pond ${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  };
  await ok(['init']);
  return { cwd, directory, pond, ok };
}
