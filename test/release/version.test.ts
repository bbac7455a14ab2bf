/** One version, and the changelog has it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERSION } from '@rolechain/shared';
import { ROOT } from '../../scripts/build/root.ts';
import { packageVersions } from '../../scripts/release/packages.ts';
import { changesOf, versionProblems } from '../../scripts/release/version.ts';
import { PAGES } from '../documents/repository.ts';

const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
const changelog = read('CHANGELOG.md');
const facts = { packages: packageVersions(), changelog, tag: undefined };

test('CHANGELOG.md has the version that the programs report, and so has each package', () => {
  expect(Object.keys(facts.packages)).toEqual(expect.arrayContaining(['.', 'shared', 'webhook', 'sidecar', 'certs']));
  expect(versionProblems(facts)).toEqual([]);
  expect(changesOf(changelog)).toMatch(/^\S/);
});

test('pages name the images of this version', () => {
  const named = PAGES.flatMap((page) => [...read(page).matchAll(/rolechain\/(?:webhook|sidecar):(\d[\w.-]*)/g)]);
  expect(named.length).toBeGreaterThan(3);
  expect(new Set(named.map(([, version]) => version?.replace(/\.$/, '')))).toEqual(new Set([VERSION]));
});

const CHANGELOG =
  '# Changelog\n\n## [1.2.0] - 2026-01-31\n\n### Added\n\n- This.\n\n## [1.1.0] - 2025-12-01\n\n- That.\n';

test('a version that is in one place and not in another is named', () => {
  const given = { packages: { '.': '1.2.0', webhook: '1.1.0' }, changelog: CHANGELOG, tag: undefined };
  expect(versionProblems(given, '1.2.0')).toEqual([
    'webhook/package.json has the version 1.1.0, and shared/src/version.ts 1.2.0',
  ]);
  expect(versionProblems({ ...given, packages: {} }, '1.3.0')).toEqual([
    'the newest version in CHANGELOG.md is 1.2.0, and shared/src/version.ts has 1.3.0',
  ]);
  expect(versionProblems({ ...given, packages: {}, changelog: '# Changelog\n' }, '1.3.0')).toEqual([
    'the newest version in CHANGELOG.md is missing, and shared/src/version.ts has 1.3.0',
  ]);
});

test('a tag is that of the version, and its section has a day', () => {
  const tagged = (tag: string, text: string): string[] =>
    versionProblems({ packages: {}, changelog: text, tag }, '1.2.0');
  expect(tagged('v1.2.0', CHANGELOG)).toEqual([]);
  expect(tagged('1.2.0', CHANGELOG)).toEqual(['the tag is 1.2.0, not v1.2.0']);
  for (const day of ['Unreleased', '31.1.2026'])
    expect(tagged('v1.2.0', CHANGELOG.replace('2026-01-31', day))).toEqual([
      `CHANGELOG.md has ${day} for 1.2.0, not the day of its release (2026-01-31)`,
    ]);
});

test("a version's changes are its section alone", () => {
  expect(changesOf(CHANGELOG, '1.2.0')).toBe('### Added\n\n- This.');
  expect(changesOf(CHANGELOG, '1.1.0')).toBe('- That.');
  expect(changesOf(CHANGELOG, '1.0.0')).toBe('');
});
