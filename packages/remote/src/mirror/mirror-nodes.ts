import { posix } from 'node:path';
import type { parquetNotes, Pond } from '@duckpond/pond';
import { hostName } from './host-name.ts';

type Columns = Parameters<typeof parquetNotes>[0];

/** A node of the pond as a mirror shows it. */
export interface MirrorNode {
  /** In the pond. */
  readonly path: string;
  /** Below the directory of the mirror. */
  readonly hostPath: string;
  readonly kind: 'file' | 'link' | 'directory';
  /** Changes when what the mirror shows has to. */
  readonly key: string;
  /** Of a link: relative, and inside the mirror. */
  readonly target: string;
  readonly isTabular: boolean;
  readonly columns: Columns;
  readonly modifiedMicros: bigint;
}

/** What is stored in a state of the pond, parents first; what is computed is not among it. */
export async function nodesOf(pond: Pond, txnSeq: number, pattern: string): Promise<MirrorNode[]> {
  return pond.read(async (fs) => {
    const root = await fs.root();
    const nodes: MirrorNode[] = [];
    const computed = new Set<string>();
    for await (const { path, node } of pattern === '' ? root.walk('/') : root.glob(pattern, { hidden: true })) {
      const isComputed = (node.kind !== 'symlink' && node.computed !== undefined) || computed.has(posix.dirname(path));
      if (isComputed) computed.add(path);
      if (path === '/' || isComputed) continue;
      const hostPath = hostPathOf(path);
      const common = { path, hostPath, target: '', isTabular: false, columns: [], modifiedMicros: node.modifiedMicros };
      if (node.kind === 'directory') nodes.push({ ...common, kind: 'directory', key: 'directory' });
      else if (node.kind === 'symlink') {
        const target = hostTarget(path, node.target);
        nodes.push({ ...common, kind: 'link', key: `link ${target}`, target });
      } else if (node.kind === 'data' || node.tabular === undefined) {
        nodes.push({ ...common, kind: 'file', key: `${node.kind} ${node.id} ${node.version} ${node.sha256 ?? ''}` });
      } else if (node.version > 0) {
        const key = `${node.kind} ${node.id} ${node.version}`;
        nodes.push({ ...common, kind: 'file', key, isTabular: true, columns: node.tabular.columns });
      }
    }
    return nodes;
  }, { at: { txnSeq } });
}

function hostPathOf(path: string): string {
  return path.slice(1).split('/').map(hostName).join('/');
}

/** The target of a link, relative to the directory that holds it; a target above the root is the root. */
function hostTarget(path: string, target: string): string {
  const directory = posix.dirname(path);
  const absolute = posix.resolve('/', directory, target);
  const host = absolute === '/' ? '/' : `/${hostPathOf(absolute)}`;
  const holder = directory === '/' ? '/' : `/${hostPathOf(directory)}`;
  return posix.relative(holder, host) || '.';
}
