import { distance } from 'fastest-levenshtein';

/** The candidate that was probably meant: two letters differ, or a third of a long text; of three letters one, of fewer none. */
export function nearest(text: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = (text.length < 3 ? 0 : text.length === 3 ? 1 : Math.max(2, Math.floor(text.length / 3))) + 0.6;
  for (const candidate of candidates) {
    // Of two as near, the one with the same beginning: letters are swapped more often than the first is wrong.
    const steps = distance(text, candidate) + (candidate[0] === text[0] ? 0 : 0.5);
    if (steps < bestDistance) {
      best = candidate;
      bestDistance = steps;
    }
  }
  return best;
}
