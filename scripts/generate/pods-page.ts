import { ANNOTATIONS, REASONS, SIDECAR, type ReasonEntry } from '@rolechain/shared';
import { HARD_PODS } from '@rolechain/test/hard-pods/rows.ts';
import type { HardPod } from '@rolechain/test/hard-pods/row.ts';
import { VARIANT_NAMES } from '@rolechain/test/hard-pods/variants.ts';

const row = (...cells: string[]): string => `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`;
const code = (text: string): string => `\`${text}\``;

const BY = { guard: 'by the guard', validate: 'when an object is written' } as const;
const ENTRIES = Object.entries(REASONS as Record<string, ReasonEntry>);
const rows = (filter: (entry: ReasonEntry) => boolean, cells: (entry: ReasonEntry) => string[]): string =>
  ENTRIES.filter(([, entry]) => filter(entry))
    .map(([name, entry]) =>
      row(entry.by === undefined ? code(name) : `${code(name)}, ${BY[entry.by]}`, ...cells(entry)),
    )
    .join('\n');

/** docs/pods.md: which pods are left alone or refused, from the table of reasons; and the hard pods of the tests. */
export function podsPage(): string {
  const { inject, skipContainers, status, skipped } = ANNOTATIONS;
  return `# Which pods are left alone or refused, and why

Made from \`shared/src/reasons.ts\` and the table in \`test/hard-pods\` by \`pnpm generate\`.

A pod is judged in this order; the first code that applies is its outcome.

1. Mirror pods, and pods with \`${inject.key}: "false"\`, are left alone before anything is looked up.
2. So is a pod whose ServiceAccount asks for no role: no byte of it changes, whatever else is in it.
3. The account's annotation, the allow-list of its Namespace, the shape of the pod, and the pod's annotations.
4. Roles that the account does not declare; names of ours that are taken: containers and volumes \`${SIDECAR.name}\`, volumes
   \`${SIDECAR.volumePrefix}…\`, mounts of them; conflicts of the pod, then of its containers. All of these are told at once, and the
   first one's code is the outcome. What containers in \`${skipContainers.key}\` and those of meshes set is not looked at.
5. The size of the patch.
6. The resources of the sidecar.

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

## Injected

Everything else. These are the pods that look hard, with what becomes of each. Every row is a test
(\`test/hard-pods\`), by itself and on a real kube-apiserver. Without a setting, the defaults hold.

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
