import { resolve, sep } from 'node:path';
import { RemoteError } from '../errors.ts';
import { parseRemoteUrl } from '../remote-url.ts';

/** The directory of a pond is its own. @throws RemoteError `invalid-url` */
export function assertLakeOutside(pondDirectory: string, url: string): void {
  const place = parseRemoteUrl(url);
  if (place.kind !== 'directory') return;
  const pond = resolve(pondDirectory);
  const target = resolve(place.directory);
  if (target !== pond && !target.startsWith(pond + sep)) return;
  throw new RemoteError(
    'invalid-url', `Cannot push to "${target}": it is inside the pond, a directory elsewhere was wanted`, { directory: target },
  );
}
