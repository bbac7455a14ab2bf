import { LIMITS } from '@rolechain/shared';

/** The first of these places in one text, and how many more there are: a pod may have a hundred thousand. */
export function few(places: readonly string[], separator = ', '): string {
  const more = places.length - LIMITS.placesNamed;
  const named = places.slice(0, LIMITS.placesNamed).join(separator);
  return more > 0 ? `${named}, and ${more} more` : named;
}

/** The first of these warnings, the last of them saying how many are left out. */
export function fewWarnings(warnings: readonly string[]): readonly string[] {
  const over = warnings.length - LIMITS.warnings;
  if (over <= 0) return warnings;
  return [...warnings.slice(0, LIMITS.warnings - 1), `and ${over + 1} more warnings of rolechain`];
}
