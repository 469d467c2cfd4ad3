import type { OplogView } from '@duckpond/oplog';
import type { Relation } from '@duckpond/query';
import type { FileNode } from '@duckpond/tinyfs';
import type { RowBounds } from './relation.ts';

export type RelationReader = (view: OplogView, file: FileNode, bounds: RowBounds) => Promise<Relation>;

const MOST_RELATIONS = 16;

/**
 * The same relation, as an object, while the log is as it was: what was made for it serves again. A relation that could not be read is
 * read again.
 */
export function rememberedRelations(read: RelationReader): RelationReader {
  const known = new Map<string, Promise<Relation>>();
  let files: OplogView['files'] | undefined;
  return (view, file, bounds) => {
    if (view.files !== files) known.clear();
    files = view.files;
    const { version, after, timeStartMicros, timeEndMicros, last } = bounds;
    const asked = [version, after, timeStartMicros, timeEndMicros, last?.rows, last?.untilVersion];
    const key = [view.txnSeq, file.id, file.version, ...asked].join(' ');
    const before = known.get(key);
    if (before !== undefined) return before;
    const reading = read(view, file, bounds);
    reading.catch(() => known.delete(key));
    known.set(key, reading);
    const [oldest] = known.keys();
    if (known.size > MOST_RELATIONS && oldest !== undefined) known.delete(oldest);
    return reading;
  };
}
