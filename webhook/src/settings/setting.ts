/** What a setting is made of: its schema, and what the reference says of it. */
import * as v from 'valibot';
import { LIMITS, isDNSSubdomain, type Schema } from '@rolechain/shared';

/** One setting: the reference is generated from this table. */
export interface Setting<S extends Schema<unknown> = Schema<unknown>> {
  readonly schema: S;
  readonly limit: string;
  /** The default as the reference shows it; empty for a required setting. */
  readonly fallback: string;
  readonly text: string;
}

export const text = (limit: string): v.GenericSchema<unknown, string> => v.pipe(v.string(limit), v.minLength(1, limit));
export const texts = (limit: string): Schema<readonly string[]> => v.array(text('text'), limit);
export const dnsSubdomain = (limit: string): v.GenericSchema<unknown, string> => textWith(isDNSSubdomain, limit);
export function textWith(holds: (text: string) => boolean, limit: string): v.GenericSchema<unknown, string> {
  return v.pipe(v.string(limit), v.check(holds, limit));
}

export const url = (limit: string): v.GenericSchema<unknown, string> =>
  v.pipe(v.string(limit), v.maxLength(LIMITS.urlMax, limit), v.url(limit));
export const port = (limit: string): v.GenericSchema<unknown, number> =>
  v.pipe(v.number(limit), v.integer(limit), v.minValue(0, limit), v.maxValue(65_535, limit));

/** A map of fields. valibot takes an empty list for one, too. */
export const fields = <E extends v.ObjectEntries>(entries: E, limit: string) =>
  v.pipe(
    v.custom<object>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), limit),
    v.strictObject(entries, limit),
  );

export function required<T>(limit: string, meaning: string, schema: (limit: string) => Schema<T>): Setting<Schema<T>> {
  return { limit, fallback: '', text: meaning, schema: schema(limit) };
}

/** A setting with a default; with `undefined` it may be absent. */
export function setting<T>(
  limit: string,
  fallback: undefined,
  meaning: string,
  schema: (limit: string) => Schema<T>,
): Setting<v.OptionalSchema<Schema<T>, undefined>>;
export function setting<T>(
  limit: string,
  fallback: NoInfer<T>,
  meaning: string,
  schema: (limit: string) => Schema<T>,
): Setting<Schema<T>>;
export function setting(
  limit: string,
  fallback: unknown,
  meaning: string,
  schema: (limit: string) => Schema<unknown>,
): Setting {
  const shown = fallback === undefined ? 'none' : typeof fallback === 'string' ? fallback : JSON.stringify(fallback);
  return { limit, fallback: `\`${shown}\``, text: meaning, schema: v.optional(schema(limit), fallback) };
}

/** A setting that is on or off. */
export const flag = (fallback: boolean, meaning: string): Setting<Schema<boolean>> =>
  setting('true or false', fallback, meaning, (limit) => v.boolean(limit));
