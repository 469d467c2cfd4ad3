import { createHash } from 'node:crypto';
import type { FactSource, NodeFact } from '@duckpond/oplog';
import { compareNames } from '@duckpond/tinyfs';
import { nodeOf } from './node-facts.ts';
import { indexTree, type PlacedNode } from './tree-index.ts';

/** The content root of a state. @throws PondError `corrupt` when the tree cannot be read */
export async function contentRoot(facts: FactSource): Promise<string> {
  return rootOfTree((await indexTree(facts)).values());
}

/** What the hash begins with: another grammar would have another number. */
const HEADING = 'duckpond content root 1\n';

/**
 * SHA-256 over the sorted tree: path, kind, and link target, config or hash of the content of every node, and its attributes
 * (docs/formats/content-root.md). The same before and after maintenance, and for every replica.
 */
export function rootOfTree(nodes: Iterable<PlacedNode>): string {
  const placed = [...nodes].sort((a, b) => compareNames(a.path, b.path));
  const hash = createHash('sha256').update(HEADING);
  for (const { path, fact } of placed) {
    for (const field of [path, fact.kind, meaningOf(fact), attributesOf(fact)]) {
      const bytes = Buffer.from(field);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.byteLength);
      hash.update(length).update(bytes);
    }
  }
  return hash.digest('hex');
}

/** The attributes as JSON whose names are sorted by their UTF-8 bytes, so that the order in which they were set does not matter. */
function attributesOf(fact: NodeFact): string {
  const { attributes = {} } = nodeOf(fact);
  const names = Object.keys(attributes).sort(compareNames);
  return names.length === 0 ? '' : `{${names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(attributes[name])}`).join(',')}}`;
}

function meaningOf(fact: NodeFact): string {
  if (fact.factory !== null) return `${fact.factory}\n${fact.config ?? ''}`;
  if (fact.target !== null) return fact.target;
  const digest = fact.kind === 'series' ? fact.chain : fact.sha256;
  return digest === null ? '' : Buffer.from(digest).toString('hex');
}
