import { type FactSource, type Oplog, type PurgeTarget, rowsOfPart } from '@duckpond/oplog';
import { ROOT_ID } from '@duckpond/tinyfs';
import { PondError } from './errors.ts';

/**
 * The nodes whose old content `--purge PATH` is about: the file that is there, and those that had this name and are no more.
 *
 * @throws PondError `not-found`, `wrong-kind` for a directory, and for a series, all of whose versions are its content
 */
export async function purgeTargets(oplog: Oplog, path: string): Promise<readonly PurgeTarget[]> {
  const { head } = oplog;
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  const name = names.pop();
  const partId = names.includes('..') ? undefined : await directoryOf(head.view, names);
  if (name === undefined || name === '..' || partId === undefined) {
    throw new PondError('not-found', `Cannot purge "${path}": its directory is not there, the path of a file was wanted`, { path });
  }
  const targets = new Map<string, PurgeTarget>();
  const now = await head.view.name(partId, name);
  if (now?.childKind === 'directory' || now?.childKind === 'series') {
    const why = now.childKind === 'series' ? 'all versions of a series are its content' : 'it is a directory';
    const message = `Cannot purge "${path}": ${why}, a data file or table, or a path that is no more, was wanted`;
    throw new PondError('wrong-kind', message, { path });
  }
  if (now !== undefined) targets.set(now.childId, { partId: now.childPart, nodeId: now.childId });
  for (const { recordKind, entry } of await rowsOfPart(oplog.reader, head.snapshot.files.values(), partId, head.txnSeq)) {
    if (recordKind !== 'directory' || entry.name !== name || entry.childId == null || entry.childKind === 'directory') continue;
    const target = { partId: entry.childHome ?? partId, nodeId: entry.childId };
    // A file that has another name now is somebody else's business.
    if (await head.view.node(target.partId, target.nodeId) === undefined) targets.set(target.nodeId, target);
  }
  if (targets.size > 0) return [...targets.values()];
  throw new PondError('not-found', `Cannot purge "${path}": no file has or had this name, one was wanted`, { path });
}

async function directoryOf(view: FactSource, names: readonly string[]): Promise<string | undefined> {
  let partId: string = ROOT_ID;
  for (const name of names) {
    const fact = await view.name(partId, name);
    if (fact?.childKind !== 'directory') return undefined;
    partId = fact.childId;
  }
  return partId;
}
