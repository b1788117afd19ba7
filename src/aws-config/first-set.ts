/** The first of some settings that is set; an empty one is not. */
export function firstSet(...values: readonly (string | undefined)[]): string | undefined {
  return values.map((value) => value?.trim()).find(Boolean);
}
