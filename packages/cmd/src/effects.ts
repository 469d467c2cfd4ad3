import { createReadStream, fstatSync, write, writeSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { randomUUID } from 'node:crypto';
import { isatty } from 'node:tty';
import { Interrupted, Interruption } from './interruption.ts';

/** One of the two output streams. */
export interface Output {
  readonly isTty: boolean;
  /** Width of the terminal in cells; undefined when this is not a terminal. */
  readonly columns: number | undefined;
  /** Small text, written before the call returns. @throws OutputClosed when the reader has gone */
  print(text: string): void;
  /** Any amount, without holding up the event loop. @throws OutputClosed when the reader has gone */
  write(chunk: string | Uint8Array): Promise<void>;
}

export interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/** Everything the command line may do to the process around it, and may learn from it. */
export interface Effects {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stdinIsTty: boolean;
  stdin(): AsyncIterable<Uint8Array>;
  /** The terminal as streams, for a line editor. */
  terminal(): Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
  cwd(): string;
  /** Microseconds since 1970 UTC. */
  nowMicros(): bigint;
  /** Monotonic, milliseconds since some moment. */
  elapsedMillis(): number;
  /** A new UUIDv7 in lower case. */
  uuid(): string;
  user(): string;
  host(): string;
  readonly platform: string;
  readonly nodeVersion: string;
  /** Raised by SIGINT and SIGTERM; a second signal ends the process at once. */
  interruption(): Interruption;
}

/** The reader of our standard output has gone: there is nobody left to work for. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed';
}

const FILE_CHUNK_BYTES = 1024 * 1024;

/** A file is read in larger pieces than Node's 64 KiB, each of which costs its reader some turns. */
function standardInput(): AsyncIterable<Uint8Array> {
  return isRegularFile(0) ? createReadStream('', { fd: 0, autoClose: false, highWaterMark: FILE_CHUNK_BYTES }) : process.stdin;
}

function isRegularFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile();
  } catch {
    return false;
  }
}

/** The real world: the only place that touches `process`. */
export function realEffects(): Effects {
  process.removeAllListeners('warning');
  let interruption: Interruption | undefined;
  return {
    stdout: descriptorOutput(1, () => process.stdout.columns),
    stderr: descriptorOutput(2, () => process.stderr.columns),
    get stdinIsTty() {
      return isTerminal(0);
    },
    stdin: () => standardInput(),
    terminal: () => ({ input: process.stdin, output: process.stdout }),
    env: process.env,
    cwd: () => process.cwd(),
    nowMicros: wallClock(),
    elapsedMillis: monotonicMillis,
    uuid: () => uuidV7(Date.now(), randomUUID()),
    user: () => userName(),
    host: () => hostname(),
    platform: process.platform,
    nodeVersion: process.versions.node,
    interruption: () => (interruption ??= listenToSignals()),
  };
}

/** Runs `main` as the whole process: its number becomes the exit code once all work has drained. */
export async function runProcess(main: (argv: readonly string[], effects: Effects) => Promise<number>): Promise<void> {
  const code = await main(process.argv.slice(2), realEffects());
  // What was interrupted is not waited for.
  if (code === 130 || code === 143) process.exit(code);
  process.exitCode = code;
}

let hexMillis = -1;
let hex = '';

/** RFC 9562 section 5.7: 48 bits of milliseconds and the version; the rest is as random as the rest of a UUIDv4, variant included. */
export function uuidV7(millis: number, random: string): string {
  if (millis !== hexMillis) [hexMillis, hex] = [millis, millis.toString(16).padStart(12, '0')];
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7${random.slice(15)}`;
}

function listenToSignals(): Interruption {
  const interruption = new Interruption();
  const listen = (name: 'SIGINT' | 'SIGTERM', exitCode: 130 | 143): void => {
    process.on(name, () => {
      if (interruption.reason !== undefined) process.exit(exitCode);
      interruption.raise(new Interrupted(exitCode));
    });
  };
  listen('SIGINT', 130);
  listen('SIGTERM', 143);
  return interruption;
}

/** Milliseconds. `performance` would load a millisecond's worth of modules. */
function monotonicMillis(): number {
  const [seconds, nanos] = process.hrtime();
  return seconds * 1000 + nanos / 1e6;
}

/** Microseconds: the monotonic clock's digits on the wall clock's time, set right again after a suspend or a step of the clock. */
function wallClock(): () => bigint {
  let originMillis = Number.NEGATIVE_INFINITY;
  return () => {
    const monotonic = monotonicMillis();
    const wall = Date.now();
    if (Math.abs(originMillis + monotonic - wall) > 10) originMillis = wall - monotonic;
    return BigInt(Math.round((originMillis + monotonic) * 1000));
  };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that has no name.
    return process.env['USER'] ?? String(process.getuid?.() ?? '');
  }
}

/** `process.stdout` costs 3 ms to construct, so descriptors are written directly; only terminals need the stream, for their width. */
function descriptorOutput(descriptor: 1 | 2, width: () => number | undefined): Output {
  let isTty: boolean | undefined;
  return {
    get isTty() {
      return (isTty ??= isTerminal(descriptor));
    },
    get columns() {
      return this.isTty ? (width() ?? 80) : undefined;
    },
    print(text) {
      let rest = Buffer.from(text);
      while (rest.length > 0) {
        try {
          rest = rest.subarray(writeSync(descriptor, rest));
        } catch (error) {
          if (!isBusy(error)) throw outputError(error);
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
        }
      }
    },
    async write(chunk) {
      let rest = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      while (rest.length > 0) rest = rest.subarray(await writeSome(descriptor, rest));
    },
  };
}

function writeSome(descriptor: number, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    write(descriptor, bytes, (error, written) => {
      if (error === null) resolve(written);
      else if (isBusy(error)) setTimeout(resolve, 1, 0);
      else reject(outputError(error));
    });
  });
}

function isTerminal(descriptor: number): boolean {
  try {
    // Node 20 looks at what the last plain `fstatSync` left when it follows links to a module: a pipe there makes it stop half way.
    const facts = fstatSync(descriptor, { bigint: true });
    return facts.isCharacterDevice() && !isNullDevice(facts.rdev) && isatty(descriptor);
  } catch {
    return false;
  }
}

/** `/dev/null` is device 1:3 on Linux; asking `isatty` would load `node:tty` for nothing. */
function isNullDevice(device: bigint): boolean {
  return process.platform === 'linux' && device === 0x103n;
}

/** Another process has set the shared descriptor to non-blocking and the pipe is full. */
function isBusy(error: unknown): boolean {
  return errorCode(error) === 'EAGAIN';
}

function outputError(error: unknown): unknown {
  const code = errorCode(error);
  return code === 'EPIPE' || code === 'EBADF' ? new OutputClosed('output closed', { cause: error }) : error;
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
