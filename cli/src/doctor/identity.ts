/** One ServiceAccount's way to its roles: what admission finds of it, by the webhook's own functions. Of a Secret, the names of its keys alone. */
import { ANNOTATIONS, FOREIGN_KEYS, isMap, type RoleSpec } from '@rolechain/shared';
import {
  decideServiceAccount,
  otherAccountsOf,
  withDefaultRole,
  type Accepted,
  type DecideSettings,
  type Refused,
  type ServiceAccount,
} from '@rolechain/webhook';
import type { Cluster } from '../cluster/client.ts';
import { pathOf } from '../cluster/path.ts';
import { keptAccount } from '../documents/known-objects.ts';
import type { Json } from '../documents/manifests.ts';
import { decideSettingsOf, defaultSettings } from '../documents/webhook-settings.ts';
import { at, listAt, textsAt } from '../objects/fields.ts';
import { factOf, failed, judge, ok, skipped, warning, OK, type Check, type Fact, type Verdict } from './check.ts';
import type { Facts } from './facts.ts';

/** A key of a Secret that a role's external ID comes from. */
interface SecretKey {
  readonly name: string;
  readonly key: string;
  /** `no-keys`: the Secret is there, and nothing says which keys it has. */
  readonly is: Fact<'there' | 'no-key' | 'no-keys'>;
}

export interface Identity {
  readonly account: Fact<ServiceAccount>;
  readonly shown: string;
  /** Undefined where it asks for no role. */
  readonly decided: Accepted | Refused | undefined;
  readonly allowedRoles: string | undefined;
  readonly namespaceRead: Fact<unknown>;
  readonly secrets: readonly SecretKey[];
  readonly settings: DecideSettings;
}

export async function readIdentity(cluster: Cluster, name: string, facts: Pick<Facts, 'settings'>): Promise<Identity> {
  const { namespace } = cluster;
  const settings = decideSettings(facts.settings);
  const read = async (where: string, who: string): Promise<ServiceAccount | undefined> => {
    const object = await cluster.find<Json>(pathOf(where, 'serviceaccounts', who));
    return object && keptAccount(where, who, object, settings.eks);
  };
  const account = await factOf(() => read(namespace, name));
  const namespaceRead = await factOf(() => cluster.find(pathOf(undefined, 'namespaces', namespace)));
  const ofNamespace = namespaceRead.is === 'there' ? textsAt(namespaceRead.value, 'metadata', 'annotations') : {};
  const own = account.is === 'there' ? withDefaultRole(account.value, ofNamespace, settings) : undefined;
  const allowedRoles = ofNamespace[ANNOTATIONS.allowedRoles.key];
  const first = own && decideServiceAccount(own, settings, { others: new Map(), allowedRoles });
  const others = new Map<string, ServiceAccount>();
  for (const other of own && first?.outcome === 'accepted' ? otherAccountsOf(first.roles, own) : []) {
    const found = await factOf(() => read(other.namespace, other.name));
    if (found.is === 'there') others.set(`${other.namespace}/${other.name}`, found.value);
  }
  const decided = own && decideServiceAccount(own, settings, { others, allowedRoles });
  const roles = decided?.outcome === 'accepted' ? decided.roles : [];
  return {
    account: own ? { is: 'there', value: own } : account,
    shown: `${namespace}/${name}`,
    decided,
    allowedRoles,
    namespaceRead,
    settings,
    secrets: await Promise.all(secretKeysOf(roles).map((one) => readSecretKey(cluster, namespace, one))),
  };
}

/** Without the right to read them, or where they are not valid, the defaults stand in. */
function decideSettings(fact: Facts['settings']): DecideSettings {
  return decideSettingsOf(fact.is === 'there' && fact.value.ok ? fact.value.value : defaultSettings());
}

function secretKeysOf(roles: readonly RoleSpec[]): { name: string; key: string }[] {
  const refs = roles
    .flatMap((role) => [...role.via, role])
    .flatMap(({ externalIDFrom }) => externalIDFrom?.secretKeyRef ?? []);
  return [...new Map(refs.map((ref) => [`${ref.name}/${ref.key}`, ref])).values()];
}

/** The keys stand in `managedFields` of the metadata, whose fields' names are those of data (KEP-555, server-side apply). */
async function readSecretKey(
  cluster: Cluster,
  namespace: string,
  { name, key }: { name: string; key: string },
): Promise<SecretKey> {
  const is = await factOf(async () => {
    const metadata = await cluster.findMetadata(pathOf(namespace, 'secrets', name));
    if (metadata === undefined) return undefined;
    const owned = listAt(metadata, 'metadata', 'managedFields').flatMap((entry) => {
      const data = at(entry, 'fieldsV1', 'f:data');
      return isMap(data) ? Object.keys(data) : [];
    });
    if (owned.length === 0) return 'no-keys' as const;
    return owned.includes(`f:${key}`) ? ('there' as const) : ('no-key' as const);
  });
  return { name, key, is };
}

const REFERENCE = 'docs/reference.md';

const accepted = ({ decided }: Identity): Accepted | undefined =>
  decided?.outcome === 'accepted' ? decided : undefined;

export const IDENTITY: readonly Check<Identity>[] = [
  {
    id: 'account',
    category: 'identity',
    what: 'the ServiceAccount is there, and asks for a role',
    fix: `Annotate it with ${ANNOTATIONS.assumeRole.key}.`,
    page: REFERENCE,
    look: ({ account, decided, shown }) =>
      judge(
        account,
        failed(`There is no ServiceAccount ${shown}.`, 'Check its name and its namespace (-n).'),
        ({ byDefault, annotations }) => {
          if (decided) return byDefault ? ok("by its Namespace's default") : OK;
          const says = annotations[ANNOTATIONS.assumeRole.key] === undefined ? 'has no annotation' : 'says none';
          return failed(`ServiceAccount ${shown} ${says}: its pods are left alone.`);
        },
      ),
  },
  {
    id: 'annotation',
    category: 'identity',
    what: 'admission accepts what it asks for',
    fix: 'Correct what the message names.',
    page: REFERENCE,
    look: (identity) => {
      const { decided } = identity;
      if (!decided) return skipped('it asks for no role');
      if (decided.outcome === 'refused') return failed(decided.message);
      const { warnings, roles } = decided;
      return warnings.length > 0
        ? warning(warnings.join(' '))
        : ok(roles.map(({ name, roleARN }) => `${name}: ${roleARN}`).join(', '));
    },
  },
  {
    id: 'allowed-roles',
    category: 'identity',
    what: 'the Namespace allows its roles',
    fix: `Add a pattern to ${ANNOTATIONS.allowedRoles.key} of the Namespace; its owner decides.`,
    page: REFERENCE,
    look: ({ decided, allowedRoles, namespaceRead, settings }) =>
      judge(namespaceRead, failed('The Namespace is not there.'), () => {
        if (!decided) return skipped('it asks for no role');
        if (decided.outcome === 'refused') {
          return decided.reason === 'RoleNotAllowed' || decided.reason === 'AllowedRolesInvalid'
            ? failed(decided.message)
            : skipped('it is refused for something else');
        }
        return ok(allowedRoles ?? `no patterns, and allowedRolesPolicy is ${settings.allowedRolesPolicy}`);
      }),
  },
  {
    id: 'base-identity',
    category: 'identity',
    what: 'it has a base identity that its chains start from',
    fix: `Make an association of EKS Pod Identity, or annotate it with ${FOREIGN_KEYS.eksRoleARN}.`,
    page: 'docs/base-identity.md',
    look: baseIdentity,
  },
  {
    id: 'external-id',
    category: 'identity',
    what: 'the Secrets of its external IDs are there, with their keys',
    fix: 'Create it in the namespace of the pods; a sidecar reads it again within a minute or two.',
    page: REFERENCE,
    look: ({ secrets, decided }) => {
      if (!decided) return skipped('it asks for no role');
      if (secrets.length === 0) return skipped('it has none from a Secret');
      const judged = secrets.map(({ name, key, is }) =>
        judge(is, failed(`There is no Secret ${name}.`), (found): Verdict => {
          if (found === 'no-key') return failed(`Secret ${name} has no key ${key}.`);
          return found === 'there' ? OK : ok(`Secret ${name} is there; its keys are not told`);
        }),
      );
      return judged.find(({ state }) => state !== 'ok') ?? judged.find(({ reason }) => reason !== undefined) ?? OK;
    },
  },
];

function baseIdentity(identity: Identity): Verdict {
  const { account } = identity;
  const roles = accepted(identity)?.roles;
  if (!roles || account.is !== 'there') return skipped('it has no roles that are accepted');
  const base = account.value.annotations[FOREIGN_KEYS.eksRoleARN];
  const sources = [
    ...new Set(
      roles.map(({ credentialSource, webIdentity }) => (webIdentity === 'only' ? 'web identity' : credentialSource)),
    ),
  ];
  const told = sources.join(', ');
  if (base !== undefined) return ok(`${told}; ${FOREIGN_KEYS.eksRoleARN} is ${base}`);
  if (sources.includes('environment') || sources.includes('web identity')) return ok(told);
  return ok(
    `${told}: an association of EKS Pod Identity, which no cluster can show; \`aws eks list-pod-identity-associations\` does`,
  );
}
