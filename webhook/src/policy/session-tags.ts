/** The session tags of roles as they are sent: placeholders filled in, with those that the admin adds. Pure. */
import {
  LIMITS,
  fillTagValue,
  isTagValue,
  problem,
  show,
  type HopSpec,
  type Problem,
  type RoleSpec,
  type SessionNameValues,
} from '@rolechain/shared';
import type { Finding } from './findings.ts';
import { pathOf } from './service-account-rules.ts';
import type { ServiceAccount } from '../objects/service-account.ts';
import { truncate } from '../objects/truncate.ts';
import type { DecideSettings } from '../settings/settings.ts';

export interface Tagged {
  readonly roles: readonly RoleSpec[];
  /** Of the annotation's own tags. */
  readonly problems: readonly Problem[];
  /** Of the admin's. */
  readonly findings: readonly Finding[];
  readonly warnings: readonly string[];
}

type Tags = Readonly<Record<string, string>>;

/** The roles with their tags. Tags of hops before the target are the annotation's alone. */
export function withTags(
  roles: readonly RoleSpec[],
  { namespace, name }: ServiceAccount,
  settings: DecideSettings,
): Tagged {
  const { cluster } = settings;
  const values: SessionNameValues = { namespace, serviceAccount: name, ...(cluster === undefined ? {} : { cluster }) };
  const filled = roles.map((role) => ({ ...fillHop(role, values), via: role.via.map((hop) => fillHop(hop, values)) }));
  const admins = {
    defaults: fillAll(settings.defaultTags, values),
    forced: fillAll(settings.forcedTags, values),
  };
  const added = filled.map((role) => addTo(role, admins));
  const impossible = added.flatMap(({ impossible: why }) => why);
  return {
    roles: added.map(({ role }) => role),
    problems: filled.flatMap((role) => tooLong(role)),
    findings: impossible.length === 0 ? [] : [{ reason: 'TagsImpossible', detail: truncate(impossible, '; ') }],
    warnings: added.flatMap(({ warnings }) => warnings),
  };
}

function fillHop<H extends HopSpec>(hop: H, values: SessionNameValues): H {
  return { ...hop, tags: fillAll(hop.tags, values) };
}

function fillAll(tags: Tags, values: SessionNameValues): Tags {
  return mapValues(tags, (value) => fillTagValue(value, values));
}

function mapValues(tags: Tags, change: (value: string) => string): Tags {
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [key, change(value)]));
}

/** What is unresolved, `{cluster}`, is told by clusterProblems. */
const isOver = (value: string): boolean => !value.includes('{') && !isTagValue(value);

function tooLong(role: RoleSpec): Problem[] {
  const steps = [...role.via.map((hop, index) => ({ hop, at: `via.${index}.` })), { hop: role, at: '' }];
  return steps.flatMap(({ hop, at }) =>
    Object.entries(hop.tags)
      .filter(([, value]) => isOver(value))
      .map(([key, value]) =>
        problem(
          'FieldOutOfRange',
          `${pathOf(role)}${at}tags.${key}`,
          `becomes ${show(value)}, which STS does not take`,
          FIX,
        ),
      ),
  );
}

const FIX = `write a value that has at most ${LIMITS.tagValueMax} characters with its placeholders filled in`;

interface Added {
  readonly role: RoleSpec;
  readonly impossible: readonly string[];
  readonly warnings: readonly string[];
}

const lower = (key: string): string => key.toLowerCase();
const keysOf = (keys: readonly string[]): Map<string, string> => new Map(keys.map((key) => [lower(key), key]));

/** The admin's tags on the target. STS tells keys apart without their case. */
function addTo(role: RoleSpec, { defaults, forced }: { readonly defaults: Tags; readonly forced: Tags }): Added {
  const path = pathOf(role);
  const keys = Object.keys(forced);
  const sends = role.webIdentity === 'never';
  if (!sends) {
    const why = `${path}webIdentity is ${role.webIdentity}, which sends no tags`;
    return { role, impossible: keys.length > 0 ? [why] : [], warnings: [] };
  }
  const passedOn = keysOf(role.via.flatMap(({ transitiveTagKeys }) => transitiveTagKeys));
  const own = keysOf(Object.keys(role.tags));
  const forcedKeys = keysOf(keys);
  const isFree = ([key]: readonly [string, string]): boolean => !own.has(lower(key)) && !passedOn.has(lower(key));
  const overridden = Object.entries(role.tags).filter(([key]) => forcedKeys.has(lower(key)));
  const tags: Tags = Object.fromEntries([
    ...Object.entries(role.tags).filter(([key]) => !forcedKeys.has(lower(key))),
    ...Object.entries(defaults).filter((entry) => isFree(entry) && !forcedKeys.has(lower(entry[0]))),
    ...Object.entries(forced),
  ]);
  const count = Object.keys(tags).length;
  const ofAdmin = Object.entries(tags).filter(([key]) => !own.has(lower(key)) || forcedKeys.has(lower(key)));
  return {
    role: {
      ...role,
      tags,
      transitiveTagKeys: role.transitiveTagKeys.map((key) => forcedKeys.get(lower(key)) ?? key),
    },
    impossible: [
      ...keys
        .filter((key) => passedOn.has(lower(key)))
        .map((key) => `${path}via passes on the tag ${show(key)}, which forcedTags sets`),
      ...(count > LIMITS.tags && ofAdmin.length > 0
        ? [`${path}tags would be ${count}, and STS takes ${LIMITS.tags}`]
        : []),
      ...ofAdmin
        .filter(([, value]) => isOver(value))
        .map(([key, value]) => `${path}tags.${key} becomes ${show(value)}, which STS does not take`),
    ],
    warnings: overridden
      .filter(([key, value]) => forced[forcedKeys.get(lower(key)) ?? ''] !== value)
      .map(([key]) => `${path}tags.${key} is not sent: the admin's setting forcedTags has another value`),
  };
}
