import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { processDirectoryName, removeLeftovers } from './process-directory.ts';

/**
 * Where the engines of a process put what does not fit in memory: each has a directory of its own, as DuckDB gives its files the same names
 * everywhere and writes over those that are there.
 */
export interface Spills {
  /** The directory of this process below one that settings name. Nothing is made. */
  directoryIn(parent: string): string;
  /** A directory for one more engine, in that; it is made when the engine needs it. */
  ofEngine(parent: string): string;
  /** Removes the directories of this process, and those of processes that are gone. */
  close(): Promise<void>;
}

/** Below what a user may share with other programs. */
const OWN_NAME = 'pond-queries';

/** `uuid` tells those of one process apart. */
export function openSpills(uuid: string): Spills {
  const parents = new Set<string>();
  let engines = 0;
  const directoryIn = (parent: string): string => join(parent, OWN_NAME, processDirectoryName(uuid.slice(-12)));
  return {
    directoryIn,
    ofEngine(parent) {
      // DuckDB makes the last directory of a path alone.
      mkdirSync(directoryIn(parent), { recursive: true });
      parents.add(parent);
      engines += 1;
      return join(directoryIn(parent), String(engines));
    },
    async close() {
      for (const parent of parents) {
        await rm(directoryIn(parent), { recursive: true, force: true });
        await removeLeftovers(join(parent, OWN_NAME));
      }
    },
  };
}
