/** Settings as text, and what is made of them. */
import { formatProblems } from '@rolechain/shared';
import { parseSettings, type Settings } from '../settings/settings.ts';

/** The one field that has to be there. */
export const IMAGE = 'sidecarImage: registry.example/sidecar@sha256:0\n';

/** Throws where they are not valid. */
export function parse(yaml: string): Settings {
  const settings = parseSettings(yaml);
  if (!settings.ok) throw new Error(formatProblems(settings.problems));
  return settings.value;
}

/** One `path code` for each problem. */
export function problemsOf(yaml: string): string[] {
  const settings = parseSettings(yaml);
  return settings.ok ? [] : settings.problems.map(({ path, code }) => `${path} ${code}`);
}
