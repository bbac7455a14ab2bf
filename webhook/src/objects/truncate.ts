import { LIMITS } from '@rolechain/shared';

/** The first of these places in one text, and how many more there are: a pod may have a hundred thousand. */
export function truncate(places: readonly string[], separator = ', '): string {
  const more = places.length - LIMITS.placesNamed;
  const named = places.slice(0, LIMITS.placesNamed).join(separator);
  return more > 0 ? `${named}, and ${more} more` : named;
}

/** The first of these warnings, each as the apiserver takes it, the last of them saying how many are left out. */
export function truncateWarnings(warnings: readonly string[]): readonly string[] {
  const over = warnings.length - LIMITS.warnings;
  if (over <= 0) return warnings.map(shorten);
  const first = warnings.slice(0, LIMITS.warnings - 1).map(shorten);
  return [...first, `and ${over + 1} more warnings of rolechain`];
}

/** A warning as the apiserver takes it. */
export function shorten(warning: string): string {
  return cut(warning, LIMITS.warningChars);
}

/** At most so many characters, the last of them dots where some are left out. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  // Between code points, of one or two units each: half a surrogate pair is no valid UTF-8 on the wire.
  const chars = Array.from(text.slice(0, 2 * max + 2));
  return chars.length <= max ? text : `${chars.slice(0, max - 3).join('')}...`;
}

/** At most so many bytes of UTF-8, the last of them dots where some are left out. */
export function cutBytes(text: string, max: number): string {
  if (Buffer.byteLength(text) <= max) return text;
  // What is left of a character that is cut through goes.
  const whole = new TextDecoder().decode(Buffer.from(text).subarray(0, max - 3), { stream: true });
  return `${whole}...`;
}

/** A message for people, with a count of what is left out. It stands in the log, too. */
export function cutMessage(message: string): string {
  const over = message.length - LIMITS.messageChars;
  return over > 0 ? `${message.slice(0, LIMITS.messageChars)}... (${over} characters more)` : message;
}
