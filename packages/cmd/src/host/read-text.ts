import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';

/** A file of the host as text; `-` is the standard input. @throws CliError when it is no text */
export async function readHostText(context: Context, path: string): Promise<string> {
  const bytes = path === '-' ? await allOf(context.effects.stdin()) : await readHost(resolve(context.effects.cwd(), path), path);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new CliError('failed', `Cannot read "${path}": it is no UTF-8, text was wanted`, undefined, { cause: error });
  }
}

/** The error of reading a directory does not name it. */
async function readHost(path: string, shown: string): Promise<Uint8Array> {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
    throw new CliError('failed', `Cannot read "${shown}": it is a directory, a file was wanted`);
  }
  return readFile(path);
}

async function allOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}
