import { fileKey } from './action.ts';
import { decodeLine, linesOf } from './commit-file.ts';
import type { Replay } from './replay.ts';
import { decodePath } from './table-path.ts';

/**
 * Replay of commit files that parses only what counts in the end: in a long log most added files are removed again and most
 * transactions superseded, and JSON is what the time goes into. What the lines look like does not matter for the result.
 */
export interface LineReplay {
  apply(file: string, bytes: Uint8Array): void;
  /** Applies what is left. */
  finish(): void;
}

interface Pending {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

const ADD = '{"add":{"path":"';
const TRANSACTION = '{"txn":{"appId":"';

export function createLineReplay(replay: Replay): LineReplay {
  const adds = new Map<string, Pending>();
  const transactions = new Map<string, Pending>();

  function applyNow({ file, line, text }: Pending): void {
    const action = decodeLine({ code: 'corrupt-log', file, line }, text);
    if (action === undefined) return;
    if (action.kind === 'add') adds.delete(fileKey(action.add));
    if (action.kind === 'remove') adds.delete(fileKey(action.remove));
    if (action.kind === 'txn') transactions.delete(action.txn.appId);
    replay.apply(action);
  }

  return {
    apply(file, bytes) {
      let line = 0;
      for (const text of linesOf(file, bytes)) {
        line += 1;
        if (text.startsWith('{"commitInfo":') || text.startsWith('{"cdc":')) continue;
        const pending = { file, line, text };
        const path = plainText(text, ADD);
        const key = path === undefined || text.includes('"deletionVector"') ? undefined : decodePath(path);
        const appId = path === undefined ? plainText(text, TRANSACTION) : undefined;
        if (key !== undefined) adds.set(key, pending);
        else if (appId !== undefined) transactions.set(appId, pending);
        else applyNow(pending);
      }
    },
    finish() {
      for (const pending of [...adds.values(), ...transactions.values()]) applyNow(pending);
    },
  };
}

/** The string that begins after `start`, unless it has escapes, which only a parser may read. */
function plainText(text: string, start: string): string | undefined {
  if (!text.startsWith(start)) return undefined;
  const end = text.indexOf('"', start.length);
  const value = text.slice(start.length, Math.max(end, start.length));
  return end < 0 || value.includes('\\') ? undefined : value;
}
