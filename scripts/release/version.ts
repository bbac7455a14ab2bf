/** That one version is one version, and the changelog has it. */
import { VERSION } from '@rolechain/shared';

export interface VersionFacts {
  /** Of each package.json, by its folder. */
  readonly packages: Readonly<Record<string, string>>;
  readonly changelog: string;
  /** The tag that is released; absent in a dry run. */
  readonly tag: string | undefined;
}

/**
 * One sentence for each thing that is wrong. The newest version of the changelog is this one; it may say `Unreleased` until a tag
 * is released. `version`: of shared/src/version.ts.
 */
export function versionProblems({ packages, changelog, tag }: VersionFacts, version = VERSION): string[] {
  const problems = Object.entries(packages)
    .filter(([, found]) => found !== version)
    .map(([folder, found]) => `${folder}/package.json has the version ${found}, and shared/src/version.ts ${version}`);
  const [newest, date] = newestOf(changelog);
  if (newest !== version)
    problems.push(
      `the newest version in CHANGELOG.md is ${newest ?? 'missing'}, and shared/src/version.ts has ${version}`,
    );
  if (tag === undefined) return problems;
  if (tag !== `v${version}`) problems.push(`the tag is ${tag}, not v${version}`);
  if (!/^\d{4}-\d\d-\d\d$/.test(date ?? ''))
    problems.push(`CHANGELOG.md has ${date ?? 'nothing'} for ${version}, not the day of its release (2026-01-31)`);
  return problems;
}

/** Version and date of the first section (Keep a Changelog 1.1.0). */
function newestOf(changelog: string): [string | undefined, string | undefined] {
  const [, version, date] = /^## \[([^\]\n]+)\](?: - (\S+))?$/m.exec(changelog) ?? [];
  return [version, date];
}

/** What the changelog says of a version, without its heading. */
export function changesOf(changelog: string, version = VERSION): string {
  const [, ...sections] = changelog.split(/^## /m);
  const section = sections.find((text) => text.startsWith(`[${version}]`));
  return section === undefined ? '' : section.slice(section.indexOf('\n') + 1).trim();
}
