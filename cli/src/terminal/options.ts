/** Values of options and arguments, which commander gives as it read them. */

/** The text; undefined where it is empty or none was given. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

export const listOf = (value: unknown): readonly string[] => (Array.isArray(value) ? (value as string[]) : []);
