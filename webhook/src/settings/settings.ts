/** The admin's settings: one YAML document in a ConfigMap, read once at start and checked as a whole. */
import * as v from 'valibot';
import { parseDocument } from 'yaml';
import {
  AGENT_ENDPOINTS,
  ENV,
  FOREIGN_KEYS,
  LIMITS,
  LOOPBACK,
  MESH_CONTAINERS,
  NO_PROXIES,
  PORTS,
  SIDECAR,
  check,
  isRegion,
  isStsEndpoint,
  listOf,
  mapOf,
  problem,
  regionMeant,
  withRegionMeant,
  type Result,
  type EksWebhook,
  type Output,
  type Problem,
} from '@rolechain/shared';
import { CERTIFICATES } from './certificates.ts';
import { caProblems } from './client-ca.ts';
import { eksWebhook } from './eks-webhook.ts';
import { LOCK_DOWN, lockDownProblems } from './lock-down.ts';
import { POD_START } from './pod-start.ts';
import { dnsSubdomain, fields, flag, port, required, setting, text, texts, url, type Setting } from './setting.ts';

/** `fixed`: SIDECAR.user; `unset`: whom the platform chooses. */
export type SidecarUser = (typeof SIDECAR_USERS)[number];

/** What `decide` reads: settings whose Region is known, with what an EKS webhook of the flags in `eksWebhook` writes. */
export type DecideSettings = Pick<
  Settings,
  | 'cluster'
  | 'sidecarImage'
  | 'imagePullSecrets'
  | 'conflicts'
  | 'meshContainers'
  | 'environmentSource'
  | 'otherServiceAccounts'
  | 'fluxAlias'
  | 'namespaceDefaultRole'
  | 'allowedRolesPolicy'
  | 'allowedServiceAccounts'
  | 'credentialSources'
  | 'maxSessionDuration'
  | 'defaultTags'
  | 'forcedTags'
  | 'agentEndpoints'
  | 'stsEndpoint'
  | 'useDualstackEndpoint'
  | 'containersUseDualstackEndpoint'
  | 'useFIPSEndpoint'
  | 'declareMetricsPort'
  | 'loopbackNoProxy'
  | 'veleroExclude'
  | 'sidecarEnvironment'
  | 'sidecarUser'
  | 'startup'
  | 'readiness'
> & { readonly region: string; readonly eks: EksWebhook };

const CONFLICTS = ['refuse', 'warn'] as const;
const POLICIES = ['optional', 'required'] as const;
const SIDECAR_USERS = ['fixed', 'unset'] as const;
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
const ENVIRONMENT_SECRET = 'rolechain-environment';

/** What an admin may set in the sidecar's environment. */
export const SIDECAR_VARIABLES: readonly string[] = [
  ENV.useEnvProxy,
  ENV.httpsProxy,
  ENV.httpProxy,
  ENV.noProxy,
  ENV.extraCA,
];

const TABLE = {
  sidecarImage: required(
    'an image, pinned by digest',
    "The sidecar's image. It sees the credentials of every injected pod.",
    text,
  ),
  imagePullSecrets: setting(
    `a list of at most ${LIMITS.imagePullSecrets} names of Secrets`,
    [],
    "Added to the `imagePullSecrets` of every injected pod, for the sidecar's image: each must be in the pod's namespace. [A private registry](private-registry.md) has the other ways.",
    (expects) => listOf(dnsSubdomain('the name of a Secret'), expects, LIMITS.imagePullSecrets),
  ),
  region: setting(
    'the name of an AWS Region, such as eu-central-1',
    undefined,
    "Default Region of the containers and of STS; without it, the label `topology.kubernetes.io/region` of the webhook's node.",
    (expects) =>
      v.pipe(
        v.string(expects),
        v.check(
          (name) => isRegion(name) && regionMeant(name) === undefined,
          ({ input }) => withRegionMeant(expects, input),
        ),
      ),
  ),
  cluster: setting('text', undefined, "The cluster's name, for `{cluster}` in session names.", text),
  conflicts: setting(
    'refuse or warn',
    'refuse',
    'How to treat a pod that cannot be injected: refuse it, or warn and give no role.',
    (expects) => v.picklist(CONFLICTS, expects),
  ),
  ...LOCK_DOWN,
  meshContainers: setting('a list of container names', MESH_CONTAINERS, 'Containers that hold no role.', texts),
  environmentSource: setting(
    'secretName and namespaces',
    { secretName: ENVIRONMENT_SECRET, namespaces: [] },
    "The Secret behind `credentialSource: environment`, and the namespaces that may use it: anyone who may create pods there can read that Secret's credentials.",
    (expects) =>
      fields(
        {
          secretName: v.optional(text('the name of a Secret'), ENVIRONMENT_SECRET),
          namespaces: v.optional(texts('a list of namespaces'), []),
        },
        expects,
      ),
  ),
  fluxAlias: flag(
    false,
    "Read Flux's annotation `aws.auth.fluxcd.io/assume-role` where ours is absent, by Flux's lenient rules.",
  ),
  namespaceDefaultRole: flag(
    false,
    'Whether `rolechain.io/assume-role` on a Namespace holds for its ServiceAccounts that have none: [how](reference.md#a-default-role-for-a-namespace). The guard has a component of its own for it.',
  ),
  otherServiceAccounts: flag(
    false,
    "Whether the field `serviceAccount` may be used. The pod's account also needs `create` on `serviceaccounts/token` of the other one (manifests/samples/service-account-token.yaml).",
  ),
  allowedRolesPolicy: setting(
    'optional or required',
    'optional',
    'What holds in a Namespace without `rolechain.io/allowed-roles`: every role is allowed, or none.',
    (expects) => v.picklist(POLICIES, expects),
  ),
  ...POD_START,
  agentEndpoints: setting(
    `a list of 1-${LIMITS.agentEndpoints} URLs`,
    AGENT_ENDPOINTS,
    'Where the Pod Identity agent listens, tried in order.',
    (expects) => v.pipe(listOf(url('a URL'), expects, LIMITS.agentEndpoints), v.minLength(1, expects)),
  ),
  eksWebhook,
  stsEndpoint: setting(
    'a URL',
    undefined,
    "Instead of the Region's own STS endpoint: that of a VPC, or of a test. `{region}` in it stands for the Region of the call. Excludes useFIPSEndpoint and useDualstackEndpoint.",
    (expects) =>
      v.pipe(
        v.string(expects),
        v.check((pattern) => isStsEndpoint(pattern), expects),
      ),
  ),
  useDualstackEndpoint: flag(
    false,
    "The Region's dual-stack endpoint of STS (`sts.REGION.api.aws`): the others have IPv4 addresses alone, so that a cluster of IPv6 without NAT64 needs it. [What else](ipv6.md).",
  ),
  containersUseDualstackEndpoint: flag(
    false,
    `Sets \`${ENV.useDualstackEndpoint}=true\` in containers that hold a role, unless their \`env\` names it: for **every** AWS service that the application calls. A service without a dual-stack endpoint then fails.`,
  ),
  useFIPSEndpoint: flag(false, "The Region's FIPS endpoint of STS."),
  loopbackNoProxy: flag(
    false,
    `Whether ${LOOPBACK} is added to ${NO_PROXIES.map((name) => `\`${name}\``).join(' and ')} of a container that holds a role and names an HTTP proxy: [why](sdks.md#proxies).`,
  ),
  declareMetricsPort: flag(
    false,
    `Whether the sidecar's container declares its port of health and metrics, named \`${SIDECAR.metricsPort}\`. It answers there either way; scrapers and meshes take a declared port for one of theirs: [metrics](metrics.md#the-sidecar).`,
  ),
  veleroExclude: flag(
    true,
    `Whether \`${FOREIGN_KEYS.veleroExcludes}\` of an injected pod gets the name of the volume with the tokens, so that Velero's file system backup leaves it out: [backup](pods.md#backup-drain-and-descheduler).`,
  ),
  sidecarEnvironment: setting(
    `a map of ${SIDECAR_VARIABLES.join(', ')}`,
    {},
    'Variables of Node\'s own in the sidecar: an egress proxy (with `NODE_USE_ENV_PROXY: "1"`; the agent and loopback never go through it), and the file of a private CA in your build of the sidecar\'s image.',
    (expects) =>
      mapOf(text('text'), (name) => SIDECAR_VARIABLES.includes(name), expects, expects, SIDECAR_VARIABLES.length),
  ),
  sidecarUser: setting(
    'fixed or unset',
    'fixed',
    `Whether the sidecar's container names the user and group ${SIDECAR.user}. \`unset\` is for platforms that choose them from a range, as OpenShift does for each namespace: the sidecar then mostly runs as the same user as the application (SECURITY.md says what follows), and a user that the platform has set is kept.`,
    (expects) => v.picklist(SIDECAR_USERS, expects),
  ),
  events: flag(true, 'Whether refusals, conflicts and warnings are written as events: [where](operations.md#events).'),
  address: setting('an IP address', '::', 'Where the webhook listens.', text),
  port: setting('a port', PORTS.webhook, 'Port of the admission server (TLS).', port),
  healthPort: setting('a port', PORTS.webhookHealth, 'Port of health and metrics (no TLS).', port),
  clientCA: setting(
    'PEM certificates of CAs',
    undefined,
    'Reviews are answered only to callers with a client certificate that one of these CAs signed; to others with 401 `CallerUnknown`. The apiserver shows one only where it is told to: [how](apiserver-identity.md). Health and metrics have a port of their own and ask for none.',
    text,
  ),
  clientNames: setting(
    'a list of common names',
    [],
    'Which of the certificates that clientCA signed; without it, every one. Others are answered 403 `CallerForbidden`.',
    texts,
  ),
  ...CERTIFICATES,
  logLevel: setting(
    `one of ${LEVELS.join(', ')}`,
    'info',
    'At debug, pods that are left alone are logged too.',
    (expects) => v.picklist(LEVELS, expects),
  ),
} satisfies Record<string, Setting>;

export const SETTINGS_FIELDS: Readonly<Record<keyof typeof TABLE, Setting>> = TABLE;

/** The schemas of a table, by name: `Object.fromEntries` forgets which name has which. */
function schemasOf<T extends Record<string, Setting>>(table: T): { [K in keyof T]: T[K]['schema'] } {
  return Object.fromEntries(Object.entries(table).map(([name, { schema }]) => [name, schema])) as never;
}

const SETTINGS = v.strictObject(schemasOf(TABLE), 'a map of fields');

/** The admin's settings, with every default; what each means stands in the table. */
export type Settings = Output<typeof SETTINGS>;

const YAML = { uniqueKeys: true, schema: 'core', logLevel: 'error' } as const;

/** Reads the settings file's text; every problem names its field. No input throws. */
export function parseSettings(yaml: string): Result<Settings> {
  let data: unknown;
  try {
    const document = parseDocument(yaml, YAML);
    // Warnings too: a tag that YAML doesn't know is a template's that nobody has filled in.
    const [wrong] = [...document.errors, ...document.warnings];
    if (wrong) throw wrong;
    data = document.toJS({ maxAliasCount: LIMITS.yamlAliases });
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : '';
    return refuse(problem('DocumentUnreadable', '', `is not valid YAML: ${reason.replace(/:$/, '')}`));
  }
  return checkSettings(data);
}

/** The document of the settings, or every problem in it. */
export function checkSettings(data: unknown): Result<Settings> {
  // valibot takes a list for an object, too.
  if (Array.isArray(data)) {
    return refuse(problem('DocumentWrongType', '', 'is a list, but takes a map of fields', 'write `field: value`'));
  }
  const checked = check(SETTINGS, data ?? {});
  const found = checked.ok ? contradictions(checked.value) : [];
  return found.length > 0 ? { ok: false, problems: found } : checked;
}

function contradictions(settings: Settings): Problem[] {
  const { port: admission, healthPort, stsEndpoint, clientCA, clientNames } = settings;
  const found: Problem[] = clientCA === undefined ? [] : caProblems('clientCA', clientCA);
  if (clientCA === undefined && clientNames.length > 0) {
    found.push(problem('FieldConflict', 'clientNames', 'stands without clientCA', 'name the CA too'));
  }
  if (admission !== 0 && admission === healthPort) {
    found.push(problem('FieldConflict', 'healthPort', 'is the same as port', 'write two different ports'));
  }
  for (const name of ['useFIPSEndpoint', 'useDualstackEndpoint'] as const) {
    if (stsEndpoint === undefined || !settings[name]) continue;
    found.push(problem('FieldConflict', name, 'stands beside stsEndpoint', 'name that endpoint in stsEndpoint'));
  }
  found.push(...lockDownProblems(settings));
  return found;
}

function refuse(found: Problem): Result<Settings> {
  return { ok: false, problems: [found] };
}
