/** Which pods and ServiceAccounts make a session's name. Read member by member: the sidecar may be of another version. Pure. */
import {
  ANNOTATIONS,
  ENV,
  LIMITS,
  PATHS,
  credentialsPath,
  readAnnotation,
  type HopSpec,
  type RoleSpec,
} from '@rolechain/shared';
import { serviceAccountNameOf } from '@rolechain/webhook';
import { sidecarConfigOf } from '../cluster/sidecar.ts';
import { mapOf, mapsOf } from '../objects/fields.ts';
import type { AccountMatch, PodMatch } from '../report-schemas/whois.ts';
import type { Asked } from './asked-sessions.ts';
import { makesName, mayMakeName } from './read-session-name.ts';

type Json = Readonly<Record<string, unknown>>;
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A session that a pod's sidecar asks STS for, but for the base identity of EKS Pod Identity, which is EKS' to name. */
interface Made {
  readonly role: string;
  readonly hop: number;
  readonly hops: number;
  readonly roleARN: string;
  readonly template: string;
}

/** Those of the sessions that this pod makes: by its sidecar's own configuration, or by the tags that EKS puts on its base identity. */
export function matchesOf(pod: unknown, asked: readonly Asked[]): PodMatch[][] {
  const { metadata, spec, status } = mapOf(pod);
  const { name, namespace } = mapOf(metadata);
  const config = sidecarConfigOf(pod);
  if (config === undefined) return asked.map(() => []);
  const values = {
    pod: text(name),
    namespace: text(config.namespace),
    serviceAccount: text(config.serviceAccount),
    cluster: text(config.cluster),
  };
  const made = madeBy(config);
  const about = {
    namespace: text(namespace),
    name: text(name),
    serviceAccount: serviceAccountNameOf(pod),
    phase: text(mapOf(status).phase),
  };
  return asked.map((each) => {
    const own = made.filter((one) => isRole(each, one.roleARN) && makesName(each.session, one.template, values));
    const tagged = own.length === 0 && isTagged(each, about);
    return (own.length > 0 ? own : tagged ? made.filter(({ hop, hops }) => hop === hops) : []).map((one) => ({
      ...about,
      ...one,
      containers: holdersOf(mapOf(spec), one.role),
    }));
  });
}

function madeBy(config: Json): Made[] {
  const roles = Object.entries(mapOf(config.roles)).slice(0, LIMITS.roles + 1);
  return roles.flatMap(([role, value]) => {
    const { hops, source } = mapOf(value);
    const calls = mapsOf(hops).map(({ roleARN, sessionName }) => ({
      roleARN: text(roleARN),
      template: text(sessionName),
    }));
    // IRSA's session has the name of the first hop's.
    const base = text(mapOf(source).roleARN);
    const [first] = calls;
    const all = [
      ...(base !== '' && first ? [{ roleARN: base, template: first.template, hop: 0 }] : []),
      ...calls.map((call, at) => ({ ...call, hop: at + 1 })),
    ];
    return all.map((call) => ({ role, hops: calls.length, ...call }));
  });
}

/** Names of roles alone: an assumed-role ARN leaves out the role's path. */
function isRole({ role }: Asked, roleARN: string): boolean {
  if (role === undefined) return true;
  if (role.arn !== null) return role.arn === roleARN;
  const [, , , , account = '', resource = ''] = roleARN.split(':');
  return account === role.account && resource.split('/').at(-1) === role.name;
}

/** EKS Pod Identity's tags, which the sessions behind it inherit (EKS User Guide, "pod-id-abac"). */
function isTagged(
  { event }: Asked,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): boolean {
  const tags = event?.tags ?? {};
  return tags['kubernetes-pod-name'] === name && tags['kubernetes-namespace'] === namespace;
}

function holdersOf(spec: Json, role: string): string[] {
  const path = credentialsPath(role);
  return [...mapsOf(spec.initContainers), ...mapsOf(spec.containers)]
    .filter(({ env }) =>
      mapsOf(env).some(
        ({ name, value }) =>
          name === ENV.fullURI &&
          (text(value).endsWith(path) || (role === 'default' && text(value).endsWith(PATHS.credentials))),
      ),
    )
    .map(({ name }) => text(name));
}

/** A ServiceAccount, as far as it matters here. */
export interface NamedAccount {
  readonly namespace: string;
  readonly name: string;
  readonly annotation: string | null;
}

export function namedAccount(account: unknown): NamedAccount {
  const { name, namespace, annotations } = mapOf(mapOf(account).metadata);
  const written = text(mapOf(annotations)[ANNOTATIONS.assumeRole.key]);
  return { namespace: text(namespace), name: text(name), annotation: written === '' ? null : written };
}

/** The roles of an account whose sessions may have this name, of a pod that is gone. */
export function accountMatchesOf(account: NamedAccount, asked: Asked): AccountMatch[] {
  const { namespace, name, annotation } = account;
  if (annotation === null || annotation.length > LIMITS.annotationBytes) return [];
  const roles = readAnnotation({ ours: annotation, flux: undefined, fluxEnabled: false })?.roles;
  if (!roles?.ok) return [];
  const tagged = asked.event?.tags['kubernetes-service-account'];
  if (tagged !== undefined && tagged !== name) return [];
  const values = { namespace, serviceAccount: name };
  return roles.value.flatMap((role: RoleSpec) =>
    [...role.via, role].flatMap(({ roleARN, sessionName: template }: HopSpec) =>
      isRole(asked, roleARN) && mayMakeName(asked.session, template, values)
        ? [{ namespace, name, role: role.name, roleARN, template }]
        : [],
    ),
  );
}
