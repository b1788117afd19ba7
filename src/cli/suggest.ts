/** "Did you mean …?" */
import { closest, distance } from 'fastest-levenshtein';

/** The known word that a mistyped one was probably meant to be: begun and not finished, or a few letters off. */
export function suggest(typed: string, known: readonly string[]): string | undefined {
  const word = typed.toLowerCase();
  if (word === '' || known.length === 0) return undefined;
  const begun = known.filter((candidate) => candidate.startsWith(word));
  if (begun.length > 0 && word.length > 1) return closest(word, begun);
  const nearest = closest(word, known);
  return distance(word, nearest) <= Math.max(1, Math.floor(nearest.length * 0.35)) ? nearest : undefined;
}
