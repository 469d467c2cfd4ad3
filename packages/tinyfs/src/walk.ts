import { cannot, quote } from './errors.ts';
import { type Glob, isVisible, matchNames } from './glob.ts';
import { matchName } from './glob-name.ts';
import type { DirectoryEntry } from './node.ts';
import type { NodeReader } from './node-reader.ts';
import { childPath, compareNames } from './path.ts';
import { chain, entriesOf, followLink, lookupIn, type Place, placeBelow } from './resolve.ts';
import type { GlobMatch, GlobOptions, NodePath, WalkOptions } from './working-directory.ts';

/**
 * All below a directory, parents before children, in the order of the names; links are reported and never followed.
 * A directory that is shown again below itself, which only a computed one can do, is a `walk-loop`.
 */
export async function* walk(reader: NodeReader, start: Place, options: WalkOptions = {}): AsyncIterable<NodePath> {
  const { depth = Infinity, hidden = true } = options;
  const open = ({ place }: Step<number>): Listing => entriesOf(reader, place);
  yield* traverse<number, NodePath>({ place: start, names: [], state: 0 }, open, async ({ place, names, state }, { name, node }) => {
    if (state >= depth || !isVisible(name, hidden)) return {};
    const match = { path: childPath(place.path, name), node };
    if (node.kind !== 'directory' || state + 1 >= depth) return { match };
    return { match, enter: { place: notAgain(placeBelow(place, name, node)), names, state: state + 1 } };
  });
}

/**
 * What matches a pattern, in the order of a walk, each real path once. Names without wildcards are looked up, never
 * listed. A link in the last position is reported as itself; in an earlier one it is followed where the pattern names
 * it or matches it as one name, while `**` goes through directories only, so that links cannot lead it in circles.
 * Links to nothing, in circles or out of the jail match nothing.
 */
export async function* glob(reader: NodeReader, start: Place, pattern: Glob, options: GlobOptions = {}): AsyncIterable<GlobMatch> {
  const hidden = options.hidden ?? false;
  const end = pattern.parts.length;
  if (end === 0) {
    yield { path: start.path, node: start.node, captures: [] };
    return;
  }
  const once = canRepeat(pattern) ? firstTime() : () => true;
  const report = (match: NodePath, names: readonly string[]): { readonly match?: GlobMatch } =>
    (once(match.path) ? { match: { ...match, captures: matchNames(pattern, names, { hidden }) ?? [] } } : {});
  const goOn = (place: Place, names: readonly string[], states: readonly number[]): { readonly enter?: Step<readonly number[]> } => {
    const state = [...new Set(states)].filter((part) => part < end).sort((a, b) => a - b);
    return state.length > 0 && once(`${place.path}/${state.join('/')}/`) ? { enter: { place, names, state } } : {};
  };

  const open = ({ place, state }: Step<readonly number[]>): Listing => {
    const literals = state.map((part) => literalAt(pattern, part));
    return literals.every((name) => name !== undefined) ? lookups(reader, place, literals) : entriesOf(reader, place);
  };
  const first = { place: start, names: [], state: spread(pattern, [0]) };
  yield* traverse<readonly number[], GlobMatch>(first, open, async ({ place, names: above, state }, { name, node }) => {
    const { byLevels, byName } = advance(pattern, state, name, hidden);
    const accepted = byLevels.includes(end) || byName.includes(end);
    if (byLevels.length + byName.length === 0) return {};
    const names = [...above, name];
    if (node.kind === 'directory') {
      const below = placeBelow(place, name, node);
      const found = accepted ? report({ path: below.path, node }, names) : {};
      return { ...found, ...goOn(byLevels.length > 0 ? notAgain(below) : below, names, [...byLevels, ...byName]) };
    }
    const found = accepted && !pattern.directory ? report({ path: childPath(place.path, name), node }, names) : {};
    const through = node.kind === 'symlink' && byName.some((part) => part < end || pattern.directory);
    const target = through ? await followLink(reader, start, place, name, node) : undefined;
    if (target?.kind !== 'directory') return found;
    const behind = pattern.directory && byName.includes(end) ? report({ path: target.path, node: target.node }, names) : found;
    return { ...behind, ...goOn(target.place, names, byName) };
  });
}

type Listing = AsyncIterable<readonly DirectoryEntry[]>;

/** A directory on the way: where it is, the names that led there, and what is left to do in it. */
interface Step<S> {
  readonly place: Place;
  readonly names: readonly string[];
  readonly state: S;
}

interface Outcome<S, M> {
  readonly match?: M;
  readonly enter?: Step<S>;
}

interface Frame<S> {
  readonly step: Step<S>;
  readonly batches: AsyncIterator<readonly DirectoryEntry[]>;
  batch: readonly DirectoryEntry[];
  at: number;
}

/** Depth first with a stack of its own, so that depth costs no recursion; every open listing is closed on the way out. */
async function* traverse<S, M>(
  start: Step<S>,
  open: (step: Step<S>) => Listing,
  visit: (step: Step<S>, entry: DirectoryEntry) => Promise<Outcome<S, M>>,
): AsyncIterable<M> {
  const frame = (step: Step<S>): Frame<S> => ({ step, batches: open(step)[Symbol.asyncIterator](), batch: [], at: 0 });
  const stack = [frame(start)];
  try {
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const entry = top.batch[top.at];
      if (entry === undefined) {
        const more = await top.batches.next();
        if (more.done === true) stack.pop();
        else [top.batch, top.at] = [more.value, 0];
        continue;
      }
      top.at += 1;
      const { match, enter: below } = await visit(top.step, entry);
      if (match !== undefined) yield match;
      if (below !== undefined) stack.push(frame(below));
    }
  } finally {
    for (const { batches } of stack.reverse()) await batches.return?.();
  }
}

/** For going on below without being told its name: the same directory must not be above it. */
function notAgain(place: Place): Place {
  for (const above of chain(place)) {
    if (above !== place && above.node.id === place.node.id) {
      const why = `it is the directory ${quote(above.path)} again, a directory not inside itself was wanted`;
      throw cannot('walk-loop', 'walk', place.path, why);
    }
  }
  return place;
}

/** Says of each text once that it is the first time. */
function firstTime(): (text: string) => boolean {
  const seen = new Set<string>();
  return (text) => seen.size !== seen.add(text).size;
}

async function* lookups(reader: NodeReader, place: Place, names: readonly (string | undefined)[]): Listing {
  const distinct = [...new Set(names)].filter((name) => name !== undefined).sort(compareNames);
  for (const name of distinct) {
    const node = await lookupIn(reader, place, name);
    if (node !== undefined) yield [{ name, node }];
  }
}

function literalAt({ parts }: Glob, index: number): string | undefined {
  const part = parts[index];
  return part?.kind === 'name' ? part.pattern.literal : undefined;
}

/**
 * The parts of the pattern that may come next after a name; the number of parts means that all are done. Those that are
 * reached by `**` staying where it is are apart.
 */
function advance(
  pattern: Glob, states: readonly number[], name: string, hidden: boolean,
): { readonly byLevels: readonly number[]; readonly byName: readonly number[] } {
  const levels: number[] = [];
  const names: number[] = [];
  const visible = isVisible(name, hidden);
  for (const index of states) {
    const part = pattern.parts[index];
    if (part?.kind === 'levels') {
      if (visible) levels.push(index, ...(index === pattern.parts.length - 1 ? [index + 1] : []));
    } else if (part !== undefined && matchName(part.pattern, name, hidden) !== undefined) {
      names.push(index + 1);
    }
  }
  return { byLevels: spread(pattern, levels), byName: spread(pattern, names) };
}

/** `**` that is not at the end may match no level at all. */
function spread({ parts }: Glob, states: readonly number[]): readonly number[] {
  const all = new Set<number>();
  for (const state of states) {
    let index = state;
    all.add(index);
    while (parts[index]?.kind === 'levels' && index < parts.length - 1) all.add(++index);
  }
  return [...all].sort((a, b) => a - b);
}

/** Whether two ways may lead to one real path: a wildcard, and after it a name through which links are followed. */
function canRepeat({ parts, directory }: Glob): boolean {
  const wild = parts.findIndex((part) => part.kind === 'levels' || part.pattern.literal === undefined);
  const followed = directory ? parts : parts.slice(0, -1);
  return wild !== -1 && followed.some((part, index) => index >= wild && part.kind === 'name');
}
