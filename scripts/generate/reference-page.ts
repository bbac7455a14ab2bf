import {
  AGENT_ENDPOINTS,
  ANNOTATIONS,
  ANNOTATION_PREFIX,
  DEFAULT_SESSION_NAME,
  ENV,
  FIELDS,
  FOREIGN_KEYS,
  LIMITS,
  MESH_CONTAINERS,
  NESTED,
  NO_ROLE,
  PATHS,
  PORTS,
  RESOURCES,
  credentialsPath,
  tokenFile,
  type AnnotationEntry,
} from '@rolechain/shared';
import { SETTINGS_FIELDS } from '@rolechain/webhook';
import { code, row } from './markdown.ts';

const size = (bytes: number): string => (bytes % 1024 === 0 ? `${bytes / 1024} KiB` : `${bytes} bytes`);
const sizeOf = (entry: AnnotationEntry): string => (entry.maxBytes === undefined ? '' : size(entry.maxBytes));

/** docs/reference.md: what users and admins write, and what a pod gets. */
export function referencePage(): string {
  return `# Reference

Made from the tables of \`shared/src\` and \`webhook/src/settings/settings.ts\` by \`pnpm generate\`.

## Annotations

| key | on | written by | at most | meaning |
|---|---|---|---|---|
${Object.values(ANNOTATIONS)
  .map((entry) => row(`\`${entry.key}\``, entry.on, entry.writtenBy, sizeOf(entry), entry.text))
  .join('\n')}

On a pod whose account asks for a role, any other key that begins with \`rolechain.io/\` is refused. What passes its limit
is refused with annotation, limit and fix, before anything reads it; so are \`${FOREIGN_KEYS.eksSkipContainers}\` over
${size(LIMITS.eksSkipContainersBytes)}, an \`${FOREIGN_KEYS.eksAudience}\` over ${LIMITS.audienceMax} characters, and a container's name over ${LIMITS.containerNameChars}. A pod that doesn't ask for
a role is never refused.

## The document in \`${ANNOTATIONS.assumeRole.key}\`

A bare role ARN, or YAML or JSON of at most ${LIMITS.annotationBytes / 1024} KiB with these fields. Unknown fields, repeated fields and
values outside their limits are errors, all reported at once, up to ${LIMITS.problemsKept}. The fields of a hop may stand in each entry of
\`via\` too; only \`roleARN\` must.

| field | a hop's too | takes | meaning |
|---|---|---|---|
${Object.entries(FIELDS)
  .map(([name, { at, expects, text }]) => row(`\`${name}\``, at === 'hop' ? 'yes' : '', expects, text))
  .join('\n')}
${Object.entries(NESTED)
  .map(([name, { expects, text }]) => row(`\`${name}\``, '', expects, text))
  .join('\n')}

A document is made of at most ${LIMITS.yamlTokens.toLocaleString('en')} words, signs and spaces between them, nests lists and maps ${LIMITS.yamlDepth} deep, and has ${LIMITS.yamlAliases}
aliases, none within what it stands for, and ${LIMITS.yamlNodes} values with what they repeat; else it is \`DocumentTooComplex\`.

The session name's default is \`${DEFAULT_SESSION_NAME}\`. \`{cluster}\` needs the admin's setting \`cluster\`. The Region of a
hop's STS endpoint is the hop's \`stsRegion\`, else the role's, else the role's \`region\`, else the webhook's.

A role that no container holds is left out of the sidecar. When the account is written, the admission webhook
\`${PATHS.validate}\` refuses what a pod of the account would be refused for, in the same words. On ServiceAccounts and
Namespaces it refuses an annotation of the prefix \`${ANNOTATION_PREFIX}\` that is new or changed and that no version knows, with what
may be meant (\`AnnotationUnknown\`). What is stored already stops no other write, and at a pod's admission only draws a warning.

Running pods keep the roles that they have until they are recreated. An update by which an account's pods get other roles than before, more, fewer
or none says so (\`PodsKeepRoles\`), and so does one of a Namespace's [default role](#a-default-role-for-a-namespace); one that says the same in
other words does not. An annotation that is taken away calls nobody, so there is no warning: write \`${NO_ROLE}\` in its place to get one.
\`rolechain status\` shows the pods that are older than the annotation in both cases.

## Which roles a Namespace allows

\`${ANNOTATIONS.allowedRoles.key}\` on the Namespace holds patterns for the target and every hop of each of its accounts' roles; base
roles are not looked at. A pattern has the six colon-separated parts of an ARN, each matched separately: \`*\` is any
text of that part, \`?\` one character. An annotation without a pattern allows nothing; one over
${size(LIMITS.allowedRolesBytes)} or with more than ${LIMITS.allowedRolesPatterns} patterns refuses the pods of the namespace that ask (\`AllowedRolesInvalid\`).
A pattern that can match no role (\`role/*\`) is refused when the Namespace is written, and draws a warning where it is stored. It guides and does not
guard: anyone who may create pods with an account can use that account's base identity without us.

## A default role for a Namespace

With the setting \`namespaceDefaultRole\` (off by default), \`${ANNOTATIONS.assumeRole.key}\` on a Namespace holds for its ServiceAccounts that
have no such annotation. \`${ANNOTATIONS.assumeRoleAccounts.key}\` says for which: globs of their names, separated by spaces, tabs or line ends,
in at most ${size(LIMITS.assumeRoleAccountsBytes)}; without it, all. \`*\` is any text. What isn't made of \`a-z\`, \`0-9\`, \`-\`, \`.\` and \`*\`, at most 253 of them, matches
nothing, and so does a list over its limit.

\`\`\`yaml
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  annotations:
    ${ANNOTATIONS.assumeRole.key}: arn:aws:iam::222222222222:role/shop
    ${ANNOTATIONS.assumeRoleAccounts.key}: default orders team-*
\`\`\`

- Each account still needs a base identity of its own, which the role trusts. Without the list the account \`default\` is meant too.
- A ServiceAccount's own annotation wins whole. With \`${NO_ROLE}\` it asks for no role. That holds without the setting too.
- A ServiceAccount with \`${FOREIGN_KEYS.eksRoleARN}\` is left out unless its name stands there without a \`*\`, since its identity would
  change unseen.
- Conflicts skip the pod or the container with a warning, whatever the setting \`conflicts\` says: nobody annotated that pod.
- A ServiceAccount that the setting \`allowedServiceAccounts\` does not let ask gets none: its pods are skipped with a warning
  (\`DefaultNotAllowed\`), not refused, as they are where it asks itself. While the webhook is down the guard, which knows no settings, refuses them
  as all others that the default is for; \`${NO_ROLE}\` on the ServiceAccount spares them that and the warning.
- A default that is invalid refuses the pods that it is for (\`DefaultRoleInvalid\`), and no others. So does one that the admin's
  settings keep back ([lock down](operations.md#lock-down)).
  One account gets out of it by \`${ANNOTATIONS.assumeRole.key}: ${NO_ROLE}\`, one pod by \`${ANNOTATIONS.inject.key}: "false"\`.

Both annotations are checked when the Namespace is written; with the setting off a default is stored with a warning, and has no effect. Pods that were there before stay as they are (\`PodsKeepRoles\`). The guard of such pods is in the
[overlay \`default-role\`](guard.md#overlays).

## Resources of the sidecar

Requests ${RESOURCES.cpuRequest} of CPU and ${RESOURCES.memoryRequest} of memory, limit ${RESOURCES.memoryLimit} of memory; a CPU limit of ${RESOURCES.cpuLimit} exactly where every other container
has one. In a Guaranteed pod ${RESOURCES.guaranteedCPU} and ${RESOURCES.memoryLimit}, request and limit alike, so that it stays Guaranteed. None in a pod with
resources of its own (\`spec.resources\`).

Of ephemeral storage a request of ${RESOURCES.ephemeralStorageRequest}, and a limit of ${RESOURCES.ephemeralStorageLimit} exactly where another container of the pod has one. The sidecar writes
only its log, which the kubelet rotates (by default 5 files of 10 MiB: where \`containerLogMaxSize\` times
\`containerLogMaxFiles\` is more than the limit, raise it by the annotation). The request stands there so that a LimitRange's
default doesn't. A limit on the sidecar alone would be the whole pod's: the kubelet evicts a pod that uses more disk than the
sum of what limits there are.

These are brought within the LimitRanges of the namespace: minimum, maximum and \`maxLimitRequestRatio\` of type \`Container\`, and of
type \`Pod\` what the other containers leave. A Guaranteed pod stays so; what an annotation asks for is not changed; in a pod with
resources of its own LimitRanger's defaults fill in CPU and memory. Where no amounts keep a LimitRange, a maximum under
${RESOURCES.memoryLimitMin} of memory for example, the pod is refused (\`LimitRangeTooTight\`) with its name. The webhook knows LimitRanges by a
watch: where it hasn't the right (the component \`without-limit-ranges\` takes it away), or lost contact, it knows of none, and
its metric \`rolechain_limit_ranges_known\` is 0.

Where a ResourceQuota, or a LimitRange that isn't known, refuses a pod with these, the annotations \`rolechain.io/sidecar-…\` set each amount
separately, the pod's before its Namespace's. What is not a quantity, a memory limit under ${RESOURCES.memoryLimitMin} or one of
ephemeral storage under ${RESOURCES.ephemeralStorageLimitMin}, and a limit below its request, a
default among them, refuse the pod (\`SidecarResourcesInvalid\`). The resources of a sidecar that is there stay as they are.

## Flux's annotation

With the setting \`fluxAlias\`, \`${FOREIGN_KEYS.fluxAssumeRole}\` is read where ours is absent; where both are there they
must ask for the same. Flux's own rules hold: keys in any case, YAML 1.1 booleans, no bare ARN, unknown fields ignored
with a warning, and \`useServiceAccount: true\` is \`credentialSource: irsa\`. Every document that Flux accepts is accepted
with the same role. What is different, since a pod's own identity is nobody else's:

- Where Flux refuses a document because its controller's identity is shared (multi-tenancy lockdown), it is legal here.
- An IRSA role beside \`useServiceAccount: false\`, or without that field, is the pod's base identity; Flux would not use it.
- \`useServiceAccount: true\` without an IRSA role, or with a broken one, is refused with the account, not with the document.
- ARNs that Flux takes and IAM doesn't know (an account of one digit, a space in the name) draw a warning.

## Where a chain starts: \`credentialSource\`

- \`pod-identity\`: the EKS Pod Identity agent (${AGENT_ENDPOINTS.map((url) => `\`${url}\``).join(', ')}).
- \`irsa\`: AssumeRoleWithWebIdentity of the role in the account's \`eks.amazonaws.com/role-arn\`.
- \`auto\`: with that annotation and no sign of a Pod Identity association, \`irsa\`; without it, \`pod-identity\`.
  With both, the agent; IRSA only while the agent has never answered 200 since the sidecar's start and 15 s
  have passed. The sign is the pod's label \`eks.amazonaws.com/pod-identity: enabled\`, which EKS webhooks
  before 0.6.15 don't write: name the source there. A pod without it whose account has that annotation draws a warning;
  [how to go from one to the other](base-identity.md).
- \`environment\`: from a Secret of the pod's own namespace, static keys (\`${ENV.accessKeyID}\`, \`${ENV.secretAccessKey}\`,
  \`${ENV.sessionToken}\`) or the shared config files \`config\` and \`credentials\` (at most ${LIMITS.environmentFileBytes / 1024} KiB each), whose profile
  \`${ENV.profile}\` chooses. Of that profile only its own static keys or its \`credential_process\` are used, as the SDK's
  parser reads the files; one that also names a role, another profile, web identity, SSO, a login or a metadata service
  is refused (\`EnvironmentForbidden\`): hops belong into \`via\`. Off unless the admin lists the namespace; anyone who may
  create pods there can read these credentials.

With \`serviceAccount\` the base identity is that other account's, always by \`irsa\`: the sidecar asks the API for a
token of it, with the rights of the pod's own account. It needs the setting \`otherServiceAccounts\` and the Role of
manifests/samples/service-account-token.yaml.

Never the node's role.

## What a container that holds a role gets

| variable | value |
|---|---|
${[
  [ENV.fullURI, code(`http://127.0.0.1:${PORTS.credentials}${credentialsPath('<role>')}`)],
  [ENV.tokenFile, code(tokenFile('<role>'))],
  [ENV.token, `the token itself, with ${ANNOTATIONS.authorizationToken.key}: env`],
  [
    `${ENV.region}, ${ENV.defaultRegion}`,
    "the document's region, else the webhook's; both, when neither has a value and the container has no envFrom",
  ],
  [ENV.stsRegionalEndpoints, 'regional, unless `env` names it or the container has an envFrom'],
  [
    ENV.metadataDisabled,
    'true, unless `env` names it, whatever an envFrom says: without it SDKs fall back to the node\'s role. A container that reads instance metadata sets it to "false" in its own `env`',
  ],
]
  .map(([name = '', value = '']) => row(`\`${name}\``, value))
  .join('\n')}

The sidecar writes new tokens whenever it has started and its port is its own; requests with the one before are answered
503 for ${LIMITS.replacedTokenSeconds} s, then 401. SDKs read the file again. Programs that read it once (sessions of the AWS CLI v2,
botocore before 1.34.41) get errors after a crash of the sidecar until they are started again. The token of
\`${ANNOTATIONS.authorizationToken.key}: env\` stands in the pod and can't be replaced: anyone who was sent it while the sidecar was out can
use it for as long as the pod lives.

Beside the EKS webhook: what it wrote into a container that holds a role is taken out again, known by its
token path. So are \`AWS_DEFAULT_REGION\` and \`AWS_REGION\` where they stand directly before its pair, in this order,
literal and equal to our default Region: a user's own pair in exactly that place and value is taken for EKS's. Where the
container's role has a \`region\` of its own, that holds for any value, so that EKS' default doesn't override it. Directly
before that, so is \`AWS_STS_REGIONAL_ENDPOINTS=regional\`, which is set again behind the others unless there is an \`envFrom\`.
Without a \`region\` of the role's own, EKS' default stays where the EKS webhook comes first and has another one, and where
somebody copied its pair \`AWS_ROLE_ARN\`, \`AWS_WEB_IDENTITY_TOKEN_FILE\` into the pod, so that it adds its Region elsewhere.
Give both webhooks the same default Region.

Variables by which an SDK would pass the sidecar by are refused or told, empty ones taken out or told: [sdks.md](sdks.md).

Containers named ${MESH_CONTAINERS.map((name) => `\`${name}\``).join(', ')} hold no role (setting \`meshContainers\`).

The sidecar is the first init container, but behind the mesh containers that lead the list, up to the last native sidecar among
them: with a CNI plugin there is no network before the proxy runs. A sidecar that is there already stays where it is, unless it
stands in front of these ([why](webhook-order.md)).

Ports ${PORTS.credentials} (credentials, 127.0.0.1 only) and ${PORTS.health} (\`${PATHS.healthz}\`, \`${PATHS.readyz}\`, \`${PATHS.status}\`, \`${PATHS.metrics}\`, on the pod's IP)
move upwards when a container of the pod declares them. Neither is declared by the sidecar's container: linkerd's
\`LINKERD2_PROXY_INBOUND_PORTS\` would list it or not by the order of webhooks, and every scraper of declared ports would have one
more target a pod. The setting \`declareMetricsPort\` declares the second one.

All metrics of webhook and sidecar, and a PodMonitor for sidecars: [metrics.md](metrics.md).

## Settings of the webhook

One YAML document, in the ConfigMap \`rolechain-webhook\` at \`${PATHS.settings}\`; read once at start.

| field | takes | default | meaning |
|---|---|---|---|
${Object.entries(SETTINGS_FIELDS)
  .map(([name, { expects, fallback, text }]) => row(`\`${name}\``, expects, fallback, text))
  .join('\n')}

## JSON Schemas

[docs/schemas](schemas) has the fields of the annotation's document, of the settings and of the sidecar's configuration as JSON Schema
(draft 2020-12), for editors and other tools. They accept everything that rolechain accepts. Some rules they cannot say, such as those
between fields: only rolechain checks these. An editor with the YAML language server reads a schema that the file's first line names, by its
path from that file or its URL:

\`\`\`yaml
# yaml-language-server: $schema=docs/schemas/settings.schema.json
\`\`\`

The annotation is text in the manifest of a ServiceAccount, which no editor looks into. Write its document in a file of its own.
`;
}
