import type { FS, WritableFS } from '@duckpond/tinyfs';

/** What the processes of a concurrency check do to one pond, and what must hold of every state of it. */

export const OPERATIONS = [
  'write a file of its own', 'append to a series of all', 'count up', 'transfer', 'token in four files', 'remove and make again',
  'read one file', 'read all in one state', 'read twice in one state', 'read an older state', 'read over a long time', 'maintain',
] as const;

export type OperationName = (typeof OPERATIONS)[number];

export const COUNTERS = 4;
export const ACCOUNTS = 6;
export const TOKENS = 4;
const BALANCE = 1000;
const TOTAL = ACCOUNTS * BALANCE;

/** A state of the pond that cannot be: the message says which. */
export class ViolationError extends Error {
  override readonly name = 'ViolationError';
}

export async function prepare(fs: WritableFS, processes: number): Promise<void> {
  const root = await fs.root();
  const write = (path: string, text: string): Promise<unknown> => root.write(path, [Buffer.from(text)], { parents: true });
  for (let i = 0; i < COUNTERS; i++) await write(`/counters/${i}`, '0');
  for (let i = 0; i < ACCOUNTS; i++) await write(`/accounts/${i}`, String(BALANCE));
  for (let i = 0; i < TOKENS; i++) await write(`/tokens/${i}/token`, 'first');
  for (let i = 0; i < processes; i++) await root.mkdir(`/own/${i}`, { parents: true });
  await root.mkdir('/clash');
  await root.mkdir('/large');
  await root.create('/series', { kind: 'series' });
}

export async function textOf(fs: FS, path: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await fs.root()).read(path)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Adds one. @returns the new count */
export async function countUp(fs: WritableFS, counter: number): Promise<number> {
  const count = Number(await textOf(fs, `/counters/${counter}`)) + 1;
  await (await fs.root()).write(`/counters/${counter}`, [Buffer.from(String(count))]);
  return count;
}

export async function transfer(fs: WritableFS, from: number, to: number, amount: number): Promise<void> {
  const root = await fs.root();
  for (const [account, change] of [[from, -amount], [to, amount]] as const) {
    const path = `/accounts/${account}`;
    await root.write(path, [Buffer.from(String(Number(await textOf(fs, path)) + change))]);
  }
}

export async function writeToken(fs: WritableFS, token: string, moves: boolean): Promise<void> {
  const root = await fs.root();
  for (let i = 0; i < TOKENS; i++) await root.write(`/tokens/${i}/token`, [Buffer.from(token)]);
  if (!moves) return;
  await root.rename('/tokens/1', '/tokens/moving');
  await root.rename('/tokens/0', '/tokens/1');
  await root.rename('/tokens/moving', '/tokens/0');
}

/** Everything that belongs together, seen in one state. @throws ViolationError */
export async function readAll(fs: FS): Promise<string> {
  let total = 0;
  for (let i = 0; i < ACCOUNTS; i++) total += Number(await textOf(fs, `/accounts/${i}`));
  if (total !== TOTAL) throw new ViolationError(`the accounts have ${total}, ${TOTAL} was there at first`);
  const tokens = new Set<string>();
  for (let i = 0; i < TOKENS; i++) tokens.add(await textOf(fs, `/tokens/${i}/token`));
  if (tokens.size !== 1) throw new ViolationError(`a mixture of transactions: ${[...tokens].join(', ')}`);
  const counts: string[] = [];
  for (let i = 0; i < COUNTERS; i++) counts.push(await textOf(fs, `/counters/${i}`));
  return JSON.stringify([total, ...tokens, ...counts]);
}
