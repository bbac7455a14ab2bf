import { ANNOTATIONS, FOREIGN_KEYS, REASONS, SIDECAR, type ReasonEntry } from '@rolechain/shared';
import { HARD_PODS } from '../../test/hard-pods/rows.ts';
import { ALONE, STEPS, type Check } from '@rolechain/webhook';
import type { HardPod } from '../../test/hard-pods/row.ts';
import { VARIANT_NAMES } from '../../test/hard-pods/variants.ts';
import { code, row } from './markdown.ts';

const BY = { guard: 'by the guard', validate: 'when an object is written' } as const;
const ENTRIES = Object.entries(REASONS as Record<string, ReasonEntry>);
const rows = (filter: (entry: ReasonEntry) => boolean, cells: (entry: ReasonEntry) => string[]): string =>
  ENTRIES.filter(([, entry]) => filter(entry))
    .map(([name, entry]) =>
      row(entry.by === undefined ? code(name) : `${code(name)}, ${BY[entry.by]}`, ...cells(entry)),
    )
    .join('\n');

/** Held by test/kubectl. */
const KUBECTL = `## kubectl debug, and Pods that are applied

\`kubectl debug POD --copy-to=NAME\` makes a new pod, which the webhook looks at. By default the copy has no annotations, and its
containers share processes:

- \`${ANNOTATIONS.inject.key}: "false"\` is lost, and the copy is injected. \`${ANNOTATIONS.skipContainers.key}\` is lost, and what was
  skipped holds \`default\` or is refused for its conflict. \`${ANNOTATIONS.containerRoles.key}\` is lost, and every container holds
  \`default\`, the debug container too. **Keep them: \`--keep-annotations\`.**
- With its annotations, a copy whose containers hold more than one role is refused (\`SharedProcessNamespace\`): the debug container
  could read the tokens of all. **Add \`--share-processes=false\`**, or look at one role at a time.
- The debug container holds \`default\`, as every container that isn't named, unless the pod says
  \`${ANNOTATIONS.containerRoles.key}: app=default,*=none\`. With shared processes it may read the token of the others all the same.

\`kubectl debug POD\` without \`--copy-to\` adds an ephemeral container: it holds no role, and the webhook doesn't see it.

\`kubectl debug node/NODE\` makes a pod on the network of the host as the ServiceAccount \`default\` of the current namespace. Where
that one asks for a role the pod is refused (\`HostNetwork\`): name another namespace (\`-n\`), and give workloads ServiceAccounts of
their own.

\`kubectl apply\` of a bare Pod, done twice, fails with "pod updates may not change fields" where the manifest has a field with
nothing behind it: \`env:\`, \`volumeMounts:\`, \`initContainers:\` or \`volumes:\`. kubectl takes that for the wish to have none, and would take
away what the webhook wrote there. Leave the field out, write \`[]\`, or use \`--server-side\`. Deployments and other workloads are not
concerned: their template is not changed.`;

/** Held by test/hard-pods/backups.ts, and on a node by test/node. */
const BACKUP = `## Backup, drain and descheduler

**Velero's file system backup** would take the volume \`${SIDECAR.tokenVolume}\` along, tokens included: its name is added to
\`${FOREIGN_KEYS.veleroExcludes}\` of every injected pod (setting \`veleroExclude\`). A volume policy with the action
\`fs-backup\` overrides that: give it a condition that an \`emptyDir\` doesn't meet. The token files are worth nothing once their
pod has ended. A token of \`${ANNOTATIONS.authorizationToken.key}: env\` stands in the pod itself, so in every backup of it, and
a restored pod keeps it; it opens the endpoint on that pod's loopback, and nothing else.

A restore puts its own init container (\`restore-wait\`, before \`restic-wait\`) in front of all others, before the pod comes
through the webhook. It stays there with its mounts, and holds no role; the sidecar stays behind it. From a backup that has the volume
\`${SIDECAR.tokenVolume}\`, its mount stays too, since Velero waits for a file in each. The sidecar writes new tokens over the old ones.

**\`kubectl drain\`** refuses to evict a pod that has any \`emptyDir\`, so every injected pod: add \`--delete-emptydir-data\`. What is
deleted of ours is tokens, which the next pod gets again; look for volumes of your own before. The **descheduler** leaves such pods
alone unless its DefaultEvictor has \`podProtections: {defaultDisabled: [PodsWithLocalStorage]}\` (in older
releases \`evictLocalStoragePods: true\`). The cluster autoscaler doesn't count an \`emptyDir\` in memory.
`;

/** The steps of the webhook's checks, with the codes of each. */
function order(): string {
  const steps: readonly { readonly about: string; readonly checks: readonly Pick<Check, 'reasons'>[] }[] = [
    ALONE,
    ...STEPS,
  ];
  return steps
    .map(({ about, checks }) => `1. ${about} ${checks.flatMap(({ reasons }) => reasons.map(code)).join(', ')}`)
    .join('\n');
}

/** docs/pods.md: which pods are left alone or refused, from the table of reasons; and the hard pods of the tests. */
export function podsPage(): string {
  const { status, skipped } = ANNOTATIONS;
  return `# Which pods are left alone or refused, and why

Made from \`shared/src/reasons.ts\`, the checks in \`webhook/src/policy/checks.ts\` and the table in \`test/hard-pods\` by \`pnpm generate\`.

The webhook checks in this order. The first step that finds something decides, unless the setting \`conflicts: warn\` softens it.

${order()}

In a refusal's message each reason ends in its code in brackets. A pod that is left alone though its account asks carries the code
in \`${skipped.key}\`. An injected pod's \`${status.key}\` has the code of each container that is left alone. The
webhook's metric \`rolechain_admissions_total\` counts by outcome and code.

## Left alone

| code | what | why | what to do |
| --- | --- | --- | --- |
${rows(
  ({ outcome }) => outcome === 'skipped',
  ({ of, text, fix }) => [of === 'container' ? 'the container' : 'the pod', text, fix],
)}

## Refused, unless \`conflicts: warn\` softens it

Asked for and impossible. With the setting \`conflicts: refuse\`, the default, the pod is refused. With \`warn\` it is
admitted with a warning: a conflict of a container leaves that container alone, a conflict of the pod leaves the
pod alone. Such a container or pod then runs as whatever its SDK finds.

| code | why | with \`warn\` | what to do |
| --- | --- | --- | --- |
${rows(
  ({ conflict }) => conflict !== undefined,
  ({ text, conflict = '', fix }) => [text, `the ${conflict} is left alone`, fix],
)}

## Refused under every setting

| code | why | what to do |
| --- | --- | --- |
${rows(
  ({ outcome, conflict }) => outcome === 'refused' && conflict === undefined,
  ({ text, fix }) => [text, fix],
)}

${KUBECTL}

${BACKUP}
## Injected

Everything else. These are the pods that look hard, with what becomes of each. Every row is a test
(\`test/hard-pods\`), alone and on a real kube-apiserver. Without a setting, the defaults hold.

${Object.entries(HARD_PODS)
  .map(([title, pods]) => group(title, pods))
  .join('\n')}`;
}

function group(title: string, pods: readonly HardPod[]): string {
  // Refused under either setting is one row: the sentence behind it says so.
  const shown = pods.filter((pod) => pod.variant !== 'warn' || pod.outcome !== 'refused');
  const table = shown.map(({ name, variant = 'refuse', outcome, reason, leftAlone = {}, so }) => {
    const codes = [...(outcome === 'injected' ? [] : [reason]), ...new Set(Object.values(leftAlone))];
    return row(name, VARIANT_NAMES[variant], outcome, codes.map(code).join(', '), so);
  });
  return `### ${title}

| pod | setting | outcome | code | so |
| --- | --- | --- | --- | --- |
${table.join('\n')}
`;
}
