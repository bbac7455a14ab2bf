/** Shared config files: in ConfigMaps, with the workloads that mount them, and by themselves. A Secret is never read. */
import { areProfiles, parseProfiles, type Profile } from './aws-config.ts';
import { at, listAt, textAt, textsAt } from '../objects/fields.ts';
import { kindOf, nameOf, namespaceOf, shown, workloadsOf, type Workload } from './objects.ts';
import { chainOf, ends } from './profiles.ts';
import { NOTHING, join, type AccountRef, type Found, type KubeObject, type Step, type Use } from './types.ts';

/** A text that somebody named, with the name of its file. */
export interface NamedText {
  readonly name: string;
  readonly text: string;
}

export function configMaps(objects: readonly KubeObject[]): Found {
  const workloads = workloadsOf(objects);
  return join(
    objects
      .filter((object) => kindOf(object) === 'ConfigMap')
      .flatMap((object) =>
        Object.entries(textsAt(object, 'data')).map(([key, text]) => {
          const profiles = parseProfiles(text);
          if (!areProfiles(profiles)) return NOTHING;
          const place = { object: shown(object), field: key };
          const users = usersOf(object, workloads);
          if (users.length > 0) return ofUsers(profiles, place, users);
          return ofFile(profiles, place, { namespace: namespaceOf(object), name: undefined });
        }),
      ),
  );
}

export function configFile({ name, text }: NamedText, namespace: string): Found {
  return ofFile(parseProfiles(text), { object: name, field: '' }, { namespace, name: undefined });
}

interface Place {
  readonly object: string;
  readonly field: string;
}

/** A container that has the file, and the profile that it names. */
interface User {
  readonly workload: Workload;
  readonly container: string;
  readonly profile: string | undefined;
}

function usersOf(configMap: KubeObject, workloads: readonly Workload[]): User[] {
  return workloads
    .filter(({ namespace }) => namespace === namespaceOf(configMap))
    .flatMap((workload) => {
      const volumes = workload.volumes
        .filter((volume) => isOf(volume, nameOf(configMap)))
        .map((v) => textAt(v, 'name'));
      return workload.containers
        .filter((container) =>
          listAt(container, 'volumeMounts').some((mount) => volumes.includes(textAt(mount, 'name'))),
        )
        .map((container) => ({
          workload,
          container: textAt(container, 'name') ?? '',
          profile: envOf(container, 'AWS_PROFILE') ?? envOf(container, 'AWS_DEFAULT_PROFILE'),
        }));
    });
}

function isOf(volume: unknown, name: string): boolean {
  const sources = [volume, ...listAt(volume, 'projected', 'sources')];
  return sources.some((source) => textAt(source, 'configMap', 'name') === name);
}

const envOf = (container: unknown, name: string): string | undefined =>
  textAt(
    listAt(container, 'env').find((entry) => at(entry, 'name') === name),
    'value',
  );

/** By the profile that each container names; where it names none, `default`, or else those that the program may choose from. */
function ofUsers(profiles: ReadonlyMap<string, Profile>, place: Place, users: readonly User[]): Found {
  const found = users.map(({ workload, container, profile }) => {
    const use: Use = { workload: workload.object, container };
    const named = profile ?? (profiles.has('default') ? 'default' : undefined);
    const names = named === undefined ? ends(profiles) : [named];
    const chosen = join(names.map((name) => ofProfile(profiles, name, place, workload.account, [use])));
    if (chosen.wanted.length === 0) return chosen;
    const variables = ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_CONFIG_FILE'].join(', ');
    const steps: Step[] = [
      {
        object: workload.object,
        text: `take ${variables} out of container ${container}: SDKs read a profile before the sidecar's credentials`,
      },
    ];
    if (named === undefined && names.length > 1) {
      steps.push({
        object: workload.object,
        text: `container ${container} chooses profiles by name (${names.join(', ')}): it holds all of these roles, the first of them in its environment`,
      });
    }
    return join([chosen, { ...NOTHING, steps }]);
  });
  return join(found);
}

function ofFile(profiles: ReadonlyMap<string, Profile>, place: Place, account: AccountRef): Found {
  return join(ends(profiles).map((name) => ofProfile(profiles, name, place, account, [])));
}

function ofProfile(
  profiles: ReadonlyMap<string, Profile>,
  name: string,
  { object, field }: Place,
  account: AccountRef,
  uses: readonly Use[],
): Found {
  const chain = chainOf(name, profiles);
  if (!chain) return NOTHING;
  const at = (setting?: string): string => [field, `[${name}]`, setting].filter(Boolean).join(' ');
  if (!chain.ok) {
    const { why, fix } = chain;
    return { ...NOTHING, left: [{ tool: 'AWS profiles', object, field: at(), why, fix }] };
  }
  const { tool, role, baseRoleARN, lost, kept } = chain;
  const origin = { tool, object, field: at() };
  const steps =
    kept.length === 0 ? [] : [{ object, text: `${at()} also sets ${kept.join(', ')}: leave these in the file` }];
  return {
    ...NOTHING,
    wanted: [{ account, name, role, origin, uses, ...(baseRoleARN === undefined ? {} : { baseRoleARN }) }],
    left: lost.map(({ setting, why, fix }) => ({ tool, object, field: at(setting), why, fix })),
    steps,
  };
}
