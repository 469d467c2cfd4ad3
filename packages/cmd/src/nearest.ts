import { distance } from 'fastest-levenshtein';

/** The candidate that was probably meant: two letters differ, or a third of a long text; of three letters one, of fewer none. */
export function nearest(text: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = (text.length < 3 ? 0 : text.length === 3 ? 1 : Math.max(2, Math.floor(text.length / 3))) + 1;
  for (const candidate of candidates) {
    const steps = distance(text, candidate);
    if (steps < bestDistance) {
      best = candidate;
      bestDistance = steps;
    }
  }
  return best;
}
