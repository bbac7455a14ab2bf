/** Which test files a run is about, from the arguments that jest gets. Pure. */
import type { TestFile } from './needs.ts';

/** What counts here of the arguments, as jest reads them. */
export interface Asked {
  /** Words that are no flags: patterns, or paths of sources with findRelatedTests. */
  readonly words: readonly string[];
  readonly testPathPatterns?: readonly string[] | undefined;
  readonly selectProjects?: readonly string[] | undefined;
  /** Flags by which jest chooses in ways of its own, or runs nothing. */
  readonly flags: Readonly<Record<string, unknown>>;
}

/** By these jest chooses files that no pattern names. */
const OWN_WAYS = ['findRelatedTests', 'onlyChanged', 'lastCommit', 'changedSince', 'changedFilesWithAncestor'] as const;
/** With these it runs no test. */
const NO_TESTS = ['help', 'version', 'listTests', 'showConfig', 'clearCache', 'init'] as const;

export interface Chosen {
  readonly files: readonly TestFile[];
  /** Whether they run on the oldest release, those that do. */
  readonly onOldest: boolean;
}

/** All files where no pattern narrows them, or jest chooses in its own way: too much is prepared then, never too little. */
export function choose(
  all: readonly TestFile[],
  { words, testPathPatterns = [], selectProjects, flags }: Asked,
): Chosen {
  const set = (names: readonly string[]): boolean => names.some((name) => flags[name]);
  if (set(NO_TESTS)) return { files: [], onOldest: false };
  const patterns = [...words, ...testPathPatterns].map(toPattern);
  const matching = all.filter(({ path }) => patterns.some((pattern) => pattern.test(`/${path}`)));
  const files = patterns.length === 0 || set(OWN_WAYS) ? all : matching;
  return { files, onOldest: selectProjects === undefined || selectProjects.includes('oldest') };
}

/** As jest takes it: a regular expression on the whole path, whatever the case; `./` begins a path of this folder. */
function toPattern(text: string): RegExp {
  const relative = text.replace(/^\.\//, '/');
  // An absolute path names a file below this folder: its end is enough.
  try {
    return new RegExp(relative.startsWith(process.cwd()) ? relative.slice(process.cwd().length) : relative, 'i');
  } catch {
    return /(?:)/;
  }
}
