import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { makeProcessDirectory } from './process-directory.ts';
import type { Column, Engine, VersionContent } from '@duckpond/query';

/**
 * Writes the rows of consecutive versions, in their order, to one Parquet file: with those columns, absent ones null, and
 * `__duckpond_version` as the last.
 */
export interface RunMaker {
  make(versions: readonly VersionContent[], columns: readonly Column[], path: string): Promise<{ readonly rowCount: number }>;
  close(): void;
}

/** DuckDB, loaded when the first run is due and kept for the next ones. */
export function createRunMaker(storeDirectory: string, cacheDirectory: string): RunMaker {
  let engine: Promise<Engine> | undefined;
  let spilled: string | undefined;

  async function open(): Promise<Engine> {
    const { openEngine } = await import('@duckpond/query');
    const runs = resolve(cacheDirectory);
    const spillDirectory = await makeProcessDirectory(runs);
    spilled = spillDirectory;
    return openEngine({ readableDirectories: [resolve(storeDirectory), runs], spillDirectory, memoryLimit: '256MiB', threads: 2 });
  }

  return {
    async make(versions, columns, path) {
      const opening = engine ??= open();
      opening.catch(() => { engine = undefined; });
      return (await opening).mergeVersions(versions, path, { columns });
    },
    close() {
      engine?.then((opened) => {
        opened.close();
        if (spilled !== undefined) rmSync(spilled, { recursive: true, force: true });
      }, () => undefined);
      engine = undefined;
    },
  };
}
