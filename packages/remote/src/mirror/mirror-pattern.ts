import type { Pond } from '@duckpond/pond';
import { RemoteError } from '../errors.ts';
import { readManifest } from './mirror-manifest.ts';

/** The pattern of the mirror that a directory is; undefined for all of the pond. @throws RemoteError `not-found` */
export async function patternOfMirror(pond: Pond, directory: string): Promise<string | undefined> {
  const manifest = await readManifest(directory);
  if (manifest?.pondId === pond.identity.id) return manifest.pattern === '' ? undefined : manifest.pattern;
  throw new RemoteError('not-found', `Cannot reconstruct "${directory}": it is no mirror of this pond, one was wanted`, { directory }, {
    hint: `pond mirror ${directory} makes it one`,
  });
}
