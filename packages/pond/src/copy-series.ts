import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type FileNode, type NodePath, quote, type WritableWD } from '@duckpond/tinyfs';
import { appendTabular } from './append-tabular.ts';
import { PondError } from './errors.ts';
import { assertKind, openRowImporter, type RowImporter } from './import-rows.ts';
import { parquetNotes } from './parquet-notes.ts';
import type { Pond } from './pond.ts';

/** Copies series inside a pond: versions that have been merged have no bytes of their own any more, but their rows. */
export interface SeriesCopier {
  /**
   * All rows of a series as one version of another, with its columns, their units and descriptions, and its event times.
   *
   * @throws PondError `conflict` when the series is not as it was when it was found; `wrong-kind`, `schema-conflict` for the target
   */
  copy(root: WritableWD, source: NodePath<FileNode>, target: string): Promise<void>;
  close(): Promise<void>;
}

/** Nothing is opened before the first copy. */
export function seriesCopier(pond: Pond, signal?: AbortSignal): SeriesCopier {
  let opening: Promise<RowImporter> | undefined;
  const ending = signal === undefined ? {} : { signal };
  return {
    async copy(root, { path, node }, target) {
      await assertKind(root, target, 'series');
      const at = { txnSeq: (await pond.transaction()).txnSeq };
      const now = await pond.read(async (fs) => (await (await fs.root()).get(path)).node, { at });
      if (now.id !== node.id || now.version !== node.version) {
        const what = 'it was changed meanwhile, the series as it was found was wanted';
        throw new PondError('conflict', `Cannot copy ${quote(path)}: ${what}`, { path });
      }
      const importer = await (opening ??= openRowImporter(pond));
      const file = join(importer.directory, 'copy.parquet');
      try {
        const rows = pond.sqlParquet('FROM source', {
          tables: { source: path }, at, metadata: parquetNotes(node.tabular?.columns ?? []), ...ending,
        });
        await pipeline(rows, createWriteStream(file, { mode: 0o600 }));
        const { timeColumn } = node.tabular ?? {};
        const source = { kind: 'file', format: 'parquet', paths: [file], options: {} } as const;
        const content = await importer.read(source, { ...(timeColumn === undefined ? {} : { timeColumn }), ...ending });
        await appendTabular(root, target, content, { kind: 'series', parents: true });
      } finally {
        await rm(file, { force: true });
      }
    },
    async close() {
      await (await opening)?.close();
    },
  };
}
