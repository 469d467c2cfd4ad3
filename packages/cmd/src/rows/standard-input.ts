import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../context.ts';

/** The standard input as a file that queries can read. */
export interface InputFile {
  readonly url: string;
  remove(): void;
}

/** Takes the standard input to a temporary file that only its owner reads, as rows in a format. */
export async function readStandardInput(context: Context, format: string): Promise<InputFile> {
  const directory = mkdtempSync(join(tmpdir(), 'pond-input-'));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  try {
    const path = join(directory, 'input');
    const file = await open(path, 'wx', 0o600);
    try {
      for await (const chunk of context.effects.stdin()) {
        context.signal.throwIfAborted();
        await file.writeFile(chunk);
      }
    } finally {
      await file.close();
    }
    return { url: `host+${format}://${path.replaceAll('%', '%25')}`, remove };
  } catch (error) {
    remove();
    throw error;
  }
}
