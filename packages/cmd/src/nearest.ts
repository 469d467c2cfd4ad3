import { distance } from 'fastest-levenshtein';

/** The candidate that was probably meant: two letters differ, or a third of a long text; of three letters one, of fewer none. */
export function nearest(text: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = (text.length < 3 ? 0 : text.length === 3 ? 1 : Math.max(2, Math.floor(text.length / 3))) + 0.6;
  for (const candidate of candidates) {
    // Letters are swapped more often than the first is wrong.
    const steps = isSwapped(text, candidate) ? 1 : distance(text, candidate) + (candidate[0] === text[0] ? 0 : 0.7);
    if (steps < bestDistance) {
      best = candidate;
      bestDistance = steps;
    }
  }
  return best;
}

/** Whether two texts differ in two neighbouring letters that have changed places. */
function isSwapped(a: string, b: string): boolean {
  const at = [...a].findIndex((letter, index) => letter !== b[index]);
  return a !== b && a.length === b.length && at >= 0 && a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2);
}
