import { isTinyFsError, type WritableFS } from '@duckpond/tinyfs';

/** One change of a tree, as data: what a random history consists of. */
export type Change =
  | { readonly do: 'mkdir'; readonly path: string; readonly parents: boolean }
  | { readonly do: 'write'; readonly path: string; readonly kind: 'data' | 'table' | 'series'; readonly text: string; readonly times: number; readonly parents: boolean }
  | { readonly do: 'create'; readonly path: string; readonly kind: 'data' | 'directory' | 'series'; readonly label: string }
  | { readonly do: 'symlink'; readonly path: string; readonly target: string }
  | { readonly do: 'update'; readonly path: string; readonly label: string }
  | { readonly do: 'rename'; readonly path: string; readonly to: string; readonly replace: boolean }
  | { readonly do: 'remove'; readonly path: string; readonly recursive: boolean };

const NAMES = ['a', 'b', 'c', 'é', '\u{1f600}'];

/** A change that often clashes with what is there: few names, three levels. */
export function randomChange(random: () => number): Change {
  const pick = <T>(values: readonly T[]): T => {
    const value = values[Math.floor(random() * values.length)];
    if (value === undefined) throw new RangeError('Cannot pick from nothing');
    return value;
  };
  const path = (): string => `/${Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(NAMES)).join('/')}`;
  const label = (): string => String(Math.floor(random() * 1e6));
  const dice = random();
  if (dice < 0.12) return { do: 'mkdir', path: path(), parents: random() < 0.7 };
  if (dice < 0.5) {
    const times = pick([1, 3, 10, 500, ...(random() < 0.08 ? [30_000] : [])]);
    return { do: 'write', path: path(), kind: pick(['data', 'table', 'series', 'series']), text: label(), times, parents: random() < 0.7 };
  }
  if (dice < 0.56) return { do: 'create', path: path(), kind: pick(['data', 'directory', 'series']), label: label() };
  if (dice < 0.62) return { do: 'symlink', path: path(), target: pick(['a', '../b', '/c', 'a/b', 'nowhere']) };
  if (dice < 0.7) return { do: 'update', path: path(), label: random() < 0.2 ? '' : label() };
  if (dice < 0.88) return { do: 'rename', path: path(), to: path(), replace: random() < 0.3 };
  return { do: 'remove', path: path(), recursive: random() < 0.6 };
}

/** What came of it: the code of the error, or that it is done. */
export async function apply(fs: WritableFS, change: Change): Promise<string> {
  const root = await fs.root();
  try {
    switch (change.do) {
      case 'mkdir': await root.mkdir(change.path, { parents: change.parents }); break;
      case 'write': await root.write(change.path, [Buffer.from(change.text.repeat(change.times))], { kind: change.kind, parents: change.parents }); break;
      case 'create': await root.create(change.path, { kind: change.kind, attributes: { label: change.label } }); break;
      case 'symlink': await root.symlink(change.target, change.path); break;
      case 'update': await root.update(change.path, { attributes: change.label === '' ? {} : { label: change.label } }); break;
      case 'rename': await root.rename(change.path, change.to, { replace: change.replace }); break;
      case 'remove': await root.remove(change.path, { recursive: change.recursive }); break;
    }
    return 'done';
  } catch (error) {
    if (isTinyFsError(error)) return error.code;
    throw error;
  }
}
