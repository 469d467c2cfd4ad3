import { joinPath, type WD } from '@duckpond/tinyfs';
import { FactoryError } from '../errors.ts';
import type { Mark } from './host-log.ts';

/** What is known of a log that was taken, in the attributes of its file and in the transaction of its bytes. */
export interface Memory extends Mark {
  /** `HostLog.name` when it was taken last. */
  readonly name: string;
  readonly isArchive: boolean;
  /** Of the file of the host then; 0 and empty when there is none of it any more. */
  readonly sizeBytes: number;
  readonly modifiedMillis: number;
  readonly inode: string;
}

/** A file of the pond that holds the bytes of one log, from its first one on, however often that log was renamed. */
export interface Generation extends Memory {
  readonly path: string;
}

const ATTRIBUTE = 'duckpond.logfile';

/** The attributes of a file with what is to be remembered of it. */
export function withMemory(
  attributes: Readonly<Record<string, string>> | undefined,
  { name, isArchive, bytes, head, tail, sizeBytes, modifiedMillis, inode }: Memory,
): Readonly<Record<string, string>> {
  const memory = { name, isArchive, bytes, head, tail, sizeBytes, modifiedMillis, inode };
  return { ...attributes, [ATTRIBUTE]: JSON.stringify(memory) };
}

/**
 * The logs that were taken into a directory.
 *
 * @throws FactoryError `bad-input` when someone else has written to one of them
 */
export async function findGenerations(root: WD, directory: string): Promise<readonly Generation[]> {
  const generations: Generation[] = [];
  if (!await root.exists(directory)) return generations;
  for await (const { path, node } of root.walk(directory)) {
    const text = node.attributes?.[ATTRIBUTE];
    if (node.kind !== 'series' || text === undefined) continue;
    const memory: unknown = JSON.parse(text);
    if (isMemory(memory) && memory.bytes === node.sizeBytes) {
      generations.push({ ...memory, path: joinPath('/', path) });
      continue;
    }
    throw new FactoryError('bad-input', `Cannot use "${path}": it has ${node.sizeBytes ?? 0} bytes, `
      + `the ${isMemory(memory) ? memory.bytes : 'known number'} that were taken from its log were wanted`, { path });
  }
  return generations;
}

function isMemory(value: unknown): value is Memory {
  if (typeof value !== 'object' || value === null) return false;
  const facts = new Map<string, unknown>(Object.entries(value));
  return ['bytes', 'sizeBytes', 'modifiedMillis'].every((name) => Number.isFinite(facts.get(name)))
    && typeof facts.get('isArchive') === 'boolean'
    && ['head', 'tail', 'name', 'inode'].every((name) => typeof facts.get(name) === 'string');
}
