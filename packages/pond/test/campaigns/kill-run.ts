import { type ChildProcess, spawn } from 'node:child_process';
import { execPath } from 'node:process';
import type { Message, Order } from './kill-worker.ts';

export interface KilledRun {
  readonly messages: readonly Message[];
  readonly stderr: string;
}

export interface Recruits {
  /** Gives an order to a process, kills it or waits until it has killed itself, and returns what it said. */
  readonly run: (order: Order, kill: Kill) => Promise<KilledRun>;
  readonly dismiss: () => void;
}

/** When to kill a process that does not do it by itself: so long after the opening or its target step has begun. */
export type Kill = { readonly afterMillis: number } | undefined;

/** No step takes so long: a process that is alive then hangs. */
const HANGS_AFTER_MILLIS = 60_000;

/** Processes that wait, loaded, for their orders: starting one takes as long as a whole life. */
export function recruit(worker: string): Recruits {
  const start = (): ChildProcess => spawn(execPath, [worker], { stdio: ['pipe', 'pipe', 'pipe'], env: {} });
  let waiting: ChildProcess | undefined = start();

  async function run(order: Order, killing: Kill): Promise<KilledRun> {
    const child = waiting ?? start();
    waiting = undefined;
    const messages: Message[] = [];
    let rest = '';
    let stderr = '';
    let timer: NodeJS.Timeout | undefined;
    const begun = (): void => {
      if (killing !== undefined) timer ??= setTimeout(() => child.kill('SIGKILL'), killing.afterMillis);
    };
    child.stderr?.setEncoding('utf8').on('data', (text: string) => { stderr += text; });
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const message = JSON.parse(line) as Message;
        messages.push(message);
        if (message.say === 'begin' && message.isTarget) begun();
      }
    });
    const hanging = setTimeout(() => {
      stderr += `it was alive after ${HANGS_AFTER_MILLIS} ms`;
      child.kill('SIGKILL');
    }, HANGS_AFTER_MILLIS);
    const closed = new Promise((resolve) => child.on('close', resolve));
    child.stdin?.write(`${JSON.stringify(order)}\n`);
    if (order.target === 'open' || order.target === 'init') begun();
    await closed;
    clearTimeout(hanging);
    clearTimeout(timer);
    waiting = start();
    return { messages, stderr };
  }

  return { run, dismiss: () => waiting?.kill('SIGKILL') };
}
