/** Globs of names of the API: `*` stands for any text, and nothing else is special. */
import { globMatcher } from './arn-like.ts';

/** What a glob is made of: any other text matches no name. */
export const NAME_GLOB = /^[a-z0-9.*-]{1,253}$/;

export function isNameGlob(text: string): boolean {
  return NAME_GLOB.test(text);
}

/** Whether a name matches; the time is that of `arnMatcher`. A text that is no glob matches nothing. */
export function matchesNameGlob(glob: string, name: string): boolean {
  return isNameGlob(glob) && globMatcher(glob)(name);
}
