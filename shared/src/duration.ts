/** Of hours, minutes and seconds; the empty text is none. */
export const DURATION_PARTS = /^(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,9})s)?$/;

/**
 * Seconds of a duration as users write it: `1h`, `45m`, `1h30m`, `90s`, or seconds as a whole number.
 * Undefined when it is none of these.
 */
export function parseDuration(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  if (typeof value !== 'string' || value === '') return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  const match = DURATION_PARTS.exec(value);
  if (!match) return undefined;
  const [, hours = '0', minutes = '0', seconds = '0'] = match;
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}
