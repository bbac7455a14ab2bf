/** The settings by which an admin narrows what accounts may ask for, and what is added to it. */
import * as v from 'valibot';
import {
  CREDENTIAL_SOURCES,
  FOREIGN_TAG_KEYS,
  LIMITS,
  TAGS_EXPECTED,
  isNameGlob,
  listOf,
  problem,
  sessionDuration,
  show,
  tagTemplates,
  type Problem,
} from '@rolechain/shared';
import { setting, textWith } from './setting.ts';

/** Base identities that chains may start from: `auto` is whichever of them is there. */
export const ALLOWED_SOURCES = CREDENTIAL_SOURCES.filter((source) => source !== 'auto');

const GLOB = 'a name, or a glob of [a-z0-9.*-] with 1-253 characters';
const glob = textWith(isNameGlob, GLOB);
const MODES = ['enforce', 'audit'] as const;

export const LOCK_DOWN = {
  mode: setting(
    'enforce or audit',
    'enforce',
    'With `audit` no pod is changed, and nothing is refused: what would be done is decided, and told by warnings, log, audit annotations and a metric. Use the overlay `audit`, which also keeps the guard from refusing: [lock down](operations.md#try-it-first).',
    (expects) => v.picklist(MODES, expects),
  ),
  allowedServiceAccounts: setting(
    `a list of at most ${LIMITS.allowedServiceAccounts} maps of namespace and name, each ${GLOB}`,
    [{ namespace: '*', name: '*' }],
    'The ServiceAccounts that may ask for roles; `name` is `*` where it is left out. In globs `*` stands for any text. With an empty list none may.',
    (expects) =>
      listOf(
        v.strictObject({ namespace: glob, name: v.optional(glob, '*') }, 'a map of namespace and name'),
        expects,
        LIMITS.allowedServiceAccounts,
      ),
  ),
  credentialSources: setting(
    `a list of 1-${ALLOWED_SOURCES.length} of ${ALLOWED_SOURCES.join(', ')}`,
    ALLOWED_SOURCES,
    "The base identities that chains may start from. `credentialSource: auto` takes what is left of `pod-identity` and `irsa`. `webIdentity` and `serviceAccount` are the account's own web identity, and need `irsa`; `environment` also needs its namespaces in environmentSource.",
    (expects) =>
      v.pipe(
        listOf(v.picklist(ALLOWED_SOURCES, `one of ${ALLOWED_SOURCES.join(', ')}`), expects, ALLOWED_SOURCES.length),
        v.minLength(1, expects),
      ),
  ),
  maxSessionDuration: setting(
    `${LIMITS.durationMinSeconds}-${LIMITS.durationMaxSeconds} s, as 1h, 45m or seconds`,
    LIMITS.durationMaxSeconds,
    'The longest that a session of a chain may last. Where the annotation writes no `duration`, it is 1h, or this if it is less.',
    sessionDuration,
  ),
  defaultTags: setting(
    TAGS_EXPECTED,
    {},
    "Session tags of every role's target that its annotation doesn't set itself. Not with `webIdentity`, which sends none.",
    tagTemplates,
  ),
  forcedTags: setting(
    TAGS_EXPECTED,
    {},
    "Session tags of every role's target, whatever its annotation says. A role that can't have them is refused, such as one with `webIdentity`.",
    tagTemplates,
  ),
};

interface LockDown {
  readonly cluster?: string | undefined;
  readonly credentialSources: readonly string[];
  readonly defaultTags: Readonly<Record<string, string>>;
  readonly forcedTags: Readonly<Record<string, string>>;
}

/** What contradicts another setting: told at start, or every account would be refused for it. */
export function lockDownProblems(settings: LockDown): Problem[] {
  const { cluster, credentialSources } = settings;
  const ofAgent: ReadonlySet<string> = new Set(FOREIGN_TAG_KEYS.map((key) => key.toLowerCase()));
  return (['defaultTags', 'forcedTags'] as const).flatMap((field) => {
    const seen = new Set<string>();
    return Object.entries(settings[field]).flatMap(([key, value]) => {
      const found: Problem[] = [];
      const conflict = (text: string, fix: string): unknown => found.push(problem('FieldConflict', field, text, fix));
      if (cluster === undefined && value.includes('{cluster}')) {
        conflict(`names {cluster} in ${show(key)}, and the setting cluster is empty`, 'set it, or leave {cluster} out');
      }
      if (seen.has(key.toLowerCase())) {
        conflict(`has ${show(key)} twice: STS tag keys are case-insensitive`, 'leave one of them out');
      }
      seen.add(key.toLowerCase());
      if (credentialSources.includes('pod-identity') && ofAgent.has(key.toLowerCase())) {
        const fix = 'choose another key, or take pod-identity out of credentialSources';
        conflict(`sets ${show(key)}, which the Pod Identity agent passes on and nobody can replace`, fix);
      }
      return found;
    });
  });
}
