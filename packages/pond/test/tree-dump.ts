import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { openLocalStore, Oplog } from '@duckpond/oplog';
import { type FileNode, type FS, isFile } from '@duckpond/tinyfs';
import { realEnvironment } from '../src/environment.ts';
import type { Pond } from '../src/pond.ts';
import { relationOf } from '../src/relation.ts';
import { rowsOf } from './fake-rows.ts';

export interface DumpedNode {
  readonly path: string;
  readonly kind: string;
  readonly target?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly sizeBytes?: number | undefined;
  /** SHA-256 of the whole content as it was read. */
  readonly content?: string;
  /** Newest version number, and size and hash of each version; an update without content repeats those of data and tables. */
  readonly versions?: readonly string[];
}

/** Everything that can be read from a state of a file system, sorted by path; without the versions of files when those do not count. */
export async function dumpTree(
  fs: FS, options: { readonly versions: boolean; readonly rowsOf?: (file: FileNode) => Promise<readonly number[]> },
): Promise<readonly DumpedNode[]> {
  const root = await fs.root();
  const nodes: DumpedNode[] = [];
  for await (const { path, node } of root.walk('/')) {
    const hasAttributes = node.attributes !== undefined && Object.keys(node.attributes).length > 0;
    const common = { path, kind: node.kind, ...(hasAttributes ? { attributes: { ...node.attributes } } : {}) };
    if (node.kind === 'symlink') nodes.push({ ...common, target: node.target });
    else if (!isFile(node)) nodes.push(common);
    else if (node.kind === 'series' && node.tabular !== undefined) {
      // The bytes of its versions may be merged: its rows count.
      const versions: string[] = [];
      for await (const { version, tabular } of root.versions(path)) versions.push(`${version} ${tabular?.rowCount}`);
      const content = options.rowsOf === undefined ? '' : JSON.stringify(await options.rowsOf(node));
      nodes.push({ ...common, sizeBytes: node.sizeBytes, content, ...(options.versions ? { versions } : {}) });
    } else {
      const content = await bytesOf(root.read(path));
      const versions: string[] = [];
      if (options.versions) {
        let newest = '-';
        for await (const { version, sizeBytes, sha256 } of root.versions(path)) {
          const facts = sizeBytes === undefined ? undefined : `${sizeBytes} ${sha256 ?? '-'}`;
          if (facts !== undefined) newest = facts;
          versions.push(`${version} ${facts ?? (node.kind === 'series' ? '-' : newest)}`);
        }
        versions.push(`newest ${node.version}`);
      }
      nodes.push({ ...common, sizeBytes: node.sizeBytes, content: hashOf(content), ...(options.versions ? { versions } : {}) });
    }
  }
  return nodes;
}

export async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The same of the newest state of a pond in a directory, with the rows of its series read from where they lie on the disk. */
export async function dumpPond(pond: Pond, directory: string): Promise<readonly DumpedNode[]> {
  const storeDirectory = join(directory, 'store');
  const oplog = await Oplog.open(openLocalStore(storeDirectory), realEnvironment());
  const source = { oplog, view: await oplog.view(), storeDirectory };
  return pond.read((fs) => dumpTree(fs, { versions: true, rowsOf: async (file) => rowsOf(await relationOf(source, file)) }));
}
