import { expect } from 'vitest';
import { TinyFsError, type TinyFsErrorCode } from '../src/index.ts';

/** What a rejected promise says: the code, and the message when it is asked for. */
export async function fails(promise: Promise<unknown>, code: TinyFsErrorCode, message?: string): Promise<TinyFsError> {
  const error = await promise.then(() => undefined, (reason: unknown) => reason);
  if (!(error instanceof TinyFsError)) throw new Error(`expected a TinyFsError ${code}, got ${String(error)}`, { cause: error });
  expect(error.code, error.message).toBe(code);
  if (message !== undefined) expect(error.message).toBe(message);
  return error;
}

/** The same for what is thrown at once. */
export function throws(action: () => unknown, code: TinyFsErrorCode, message?: string): Promise<TinyFsError> {
  return fails((async () => action())(), code, message);
}
