import { hasGlobSyntax, isTinyFsError, type NodePath, type WD } from '@duckpond/tinyfs';

/** What has exactly this name, before the name is taken for a pattern; undefined when nothing has. */
export async function lookupName(root: WD, name: string): Promise<NodePath | undefined> {
  try {
    const found = await root.lookup(name);
    return found.kind === 'found' ? found.at : undefined;
  } catch (error) {
    if (isTinyFsError(error, 'not-found') || (hasGlobSyntax(name) && isTinyFsError(error))) return undefined;
    throw error;
  }
}
