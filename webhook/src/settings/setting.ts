/** What a setting is made of: its schema, and what the reference says of it. */
import * as v from 'valibot';
import { LIMITS, isDNSSubdomain, isMap, type Schema } from '@rolechain/shared';

/** One setting: the reference is generated from this table. */
export interface Setting<S extends Schema<unknown> = Schema<unknown>> {
  readonly schema: S;
  readonly expects: string;
  /** The default as the reference shows it; empty for a required setting. */
  readonly fallback: string;
  readonly text: string;
}

export const text = (expects: string): v.GenericSchema<unknown, string> =>
  v.pipe(v.string(expects), v.minLength(1, expects));
export const texts = (expects: string): Schema<readonly string[]> => v.array(text('text'), expects);
export const dnsSubdomain = (expects: string): v.GenericSchema<unknown, string> => textWith(isDNSSubdomain, expects);
export function textWith(holds: (text: string) => boolean, expects: string): v.GenericSchema<unknown, string> {
  return v.pipe(v.string(expects), v.check(holds, expects));
}

export const url = (expects: string): v.GenericSchema<unknown, string> =>
  v.pipe(v.string(expects), v.maxLength(LIMITS.urlMax, expects), v.url(expects));
export const port = (expects: string): v.GenericSchema<unknown, number> =>
  v.pipe(v.number(expects), v.integer(expects), v.minValue(0, expects), v.maxValue(65_535, expects));

/** A map of fields. valibot takes an empty list for one, too. */
export const fields = <E extends v.ObjectEntries>(entries: E, expects: string) =>
  v.pipe(v.custom<object>(isMap, expects), v.strictObject(entries, expects));

export function required<T>(
  expects: string,
  meaning: string,
  schema: (expects: string) => Schema<T>,
): Setting<Schema<T>> {
  return { expects, fallback: '', text: meaning, schema: schema(expects) };
}

/** A setting with a default; with `undefined` it may be absent. */
export function setting<T>(
  expects: string,
  fallback: undefined,
  meaning: string,
  schema: (expects: string) => Schema<T>,
): Setting<v.OptionalSchema<Schema<T>, undefined>>;
export function setting<T>(
  expects: string,
  fallback: NoInfer<T>,
  meaning: string,
  schema: (expects: string) => Schema<T>,
): Setting<Schema<T>>;
export function setting(
  expects: string,
  fallback: unknown,
  meaning: string,
  schema: (expects: string) => Schema<unknown>,
): Setting {
  const shown = fallback === undefined ? 'none' : typeof fallback === 'string' ? fallback : JSON.stringify(fallback);
  return { expects, fallback: `\`${shown}\``, text: meaning, schema: v.optional(schema(expects), fallback) };
}

/** A setting that is on or off. */
export const flag = (fallback: boolean, meaning: string): Setting<Schema<boolean>> =>
  setting('true or false', fallback, meaning, (expects) => v.boolean(expects));
