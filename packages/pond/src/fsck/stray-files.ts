import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const TEMPORARY = /^\.\d+-[0-9a-f]+-\d+\.tmp$/;

/** What processes that died, or are still at work, have left unfinished: no fault, as no reader ever sees it. */
export function strayFiles(storeDirectory: string): string[] {
  let count = 0;
  let sizeBytes = 0;
  try {
    for (const { name, parentPath } of readdirSync(storeDirectory, { recursive: true, withFileTypes: true })) {
      if (!TEMPORARY.test(name)) continue;
      sizeBytes += statSync(join(parentPath, name), { throwIfNoEntry: false })?.size ?? 0;
      count++;
    }
  } catch {
    return []; // Told by the checks that need the directories.
  }
  if (count === 0) return [];
  const what = count === 1 ? '1 unfinished file' : `${count} unfinished files`;
  return [`${what} of ${sizeBytes} bytes, which no reader sees: pond maintain --vacuum removes those of processes that are gone`];
}
