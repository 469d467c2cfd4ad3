import type { NodeFact } from '@duckpond/oplog';
import type { FileKind, Node, NodeId } from '@duckpond/tinyfs';

/** A node of the file system as the log knows it: the one place where facts become nodes. Pure and total. */
export function nodeOf(fact: NodeFact): Node {
  const common = {
    id: fact.nodeId as NodeId,
    home: fact.partId as NodeId,
    version: fact.version,
    modifiedMicros: fact.timestampMicros,
    ...(fact.attributes === null ? {} : { attributes: attributesOf(fact.attributes) }),
  };
  const computed = fact.factory === null ? {} : { computed: { factory: fact.factory, config: fact.config ?? '' } };
  switch (fact.kind) {
    case 'directory': return { ...common, ...computed, kind: 'directory' };
    case 'symlink': return { ...common, kind: 'symlink', target: fact.target ?? '' };
    default: return {
      ...common, ...computed, kind: fileKindOf(fact.kind),
      sizeBytes: fact.factory === null ? fact.totalBytes ?? fact.sizeBytes ?? 0 : undefined,
      sha256: fact.sha256 === null || fact.factory !== null ? undefined : Buffer.from(fact.sha256).toString('hex'),
    };
  }
}

/** A kind that a newer version wrote reads as bytes. */
function fileKindOf(kind: string): FileKind {
  return kind === 'table' || kind === 'series' ? kind : 'data';
}

function attributesOf(text: string): { readonly [key: string]: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return {};
  }
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
}
