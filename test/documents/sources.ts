/** What stands in the sources: names of code, manifests and files, and whole texts. Not in comments, whose names may be gone. */
import { FILES, read } from './repository.ts';
import { withoutComments } from './texts.ts';

/** Corpora and locks hold every name there is: one that stands there alone is none of ours. */
const FOREIGN =
  /\.md$|(?:^|\/)pnpm-lock\.yaml$|^LICENSE$|(?:^|\/)(?:corpora|hard-pods)\/.*\.(?:json|ya?ml)$|^test\/documents\//;

const SOURCES = FILES.filter((path) => !FOREIGN.test(path)).map((path) => withoutComments(path, read(path)));
const ALL = SOURCES.join('\n');

/** Words joined by one of these are one name: `rolechain-webhook-tls`, `clock.offsetSeconds`, `generate:api`. */
const NAME = /\w+(?:[-.:/]\w+)*/g;
/** Longer ones are no names, but data. */
const LONGEST = 12;

export function namesIn(text: string): readonly string[] {
  return text.match(NAME) ?? [];
}

const NAMES: ReadonlySet<string> = new Set([...SOURCES, ...FILES].flatMap(namesIn).flatMap(partsOf));

/** A name with all that it is made of: `a.b-c` has `a.b` and `b-c`. */
function partsOf(name: string): string[] {
  const parts = name.split(/([-.:/])/);
  const starts = parts.flatMap((_, index) => (index % 2 === 0 ? index : []));
  return starts.flatMap((from) =>
    starts.filter((to) => to >= from && to < from + 2 * LONGEST).map((to) => parts.slice(from, to + 1).join('')),
  );
}

/** Whether a name stands in a source or a path as it is, or as a part of a longer one. */
export function isName(name: string): boolean {
  return NAMES.has(name);
}

/** Whether a text stands in a source as it is. */
export function isText(text: string): boolean {
  return ALL.includes(text);
}
