import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';

/** The text of a key file; undefined when none is named. */
export function readKeyFile(context: Context, path: string | undefined): string | undefined {
  return path === undefined ? undefined : readFileSync(resolve(context.effects.cwd(), path), 'utf8');
}

/** The public key of a key file, which is made where there is none, for its owner alone. */
export async function recipientFor(context: Context, path: string): Promise<string> {
  const { generateKey, recipientOfKeyFile } = await import('@duckpond/remote');
  const file = resolve(context.effects.cwd(), path);
  if (existsSync(file)) return recipientOfKeyFile(readFileSync(file, 'utf8'));
  const { secret, recipient } = await generateKey();
  try {
    writeFileSync(file, `# public key: ${recipient}\n${secret}\n`, { mode: 0o600, flag: 'wx', flush: true });
  } catch (error) {
    throw new CliError('failed', `Cannot write the key file "${file}": ${error instanceof Error ? error.message : String(error)}`);
  }
  context.warn(`key file: ${file}; keep a copy of it elsewhere: without it nobody can ever read the backup`);
  return recipient;
}
