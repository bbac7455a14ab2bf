/** What `whois` says to people. Pure. */
import { ANNOTATIONS } from '@rolechain/shared';
import type { NameSays, PodMatch, Subject, WhoisReport } from '../report-schemas/whois.ts';
import type { Colors } from '../terminal/colours.ts';

export function whoisText({ subjects, notes }: WhoisReport, colours: Colors): string {
  const parts = subjects.map((subject) => subjectText(subject, colours));
  return [...parts, ...notes.map((note) => `note: ${note}`)].join('\n\n');
}

function subjectText(subject: Subject, colours: Colors): string {
  const { session, role, event, verdict } = subject;
  const lines = [
    `${colours.bold(session)}${role === null ? '' : ` of ${role.arn ?? `role ${role.name} in account ${role.account}`}`}`,
    ...(event === null ? [] : eventLines(event)),
    `  ${VERDICTS[verdict](subject, colours)}`,
  ];
  const pods = [...Map.groupBy(subject.pods, ({ namespace, name }) => `${namespace}/${name}`).values()];
  const isSome = (sessions: PodMatch[]): sessions is [PodMatch, ...PodMatch[]] => sessions.length > 0;
  return [...lines, ...pods.filter(isSome).flatMap((pod) => podLines(pod, subject)), ...accountLines(subject)].join(
    '\n',
  );
}

function eventLines({ name, time, sourceIdentity, tags }: NonNullable<Subject['event']>): string[] {
  const told = Object.entries(tags).map(([key, value]) => `${key}=${value}`);
  return [
    `  CloudTrail: ${name === '' ? 'an event' : name}${time === '' ? '' : ` at ${time}`}`,
    ...(sourceIdentity === null ? [] : [`  source identity: ${sourceIdentity}`]),
    ...(told.length === 0 ? [] : [`  session tags: ${told.join(', ')}`]),
  ];
}

const VERDICTS: Readonly<Record<Subject['verdict'], (subject: Subject, colours: Colors) => string>> = {
  found: (_, { green }) => green('One pod makes this name.'),
  ambiguous: ({ pods }, { yellow }) =>
    yellow(`${distinct(pods)} pods make this name: their templates do not tell them apart.`),
  gone: ({ name }, { yellow }) =>
    yellow(
      `No pod that is there makes this name. ${name.form === 'hashed' ? 'It was cut, and ends in a hash of the whole. ' : ''}These ServiceAccounts make names like it:`,
    ),
  unknown: ({ name }, { red }) =>
    red(
      `No pod and no annotation makes this name. ${SAYS[name.form](name)} Its ServiceAccount may be gone or annotated otherwise.`,
    ),
  offline: ({ name, event }) => `${SAYS[name.form](name)}${taggedText(event)}`,
};

function distinct(pods: readonly PodMatch[]): number {
  return new Set(pods.map(({ namespace, name }) => `${namespace}/${name}`)).size;
}

const SAYS: Readonly<Record<NameSays['form'], (name: NameSays) => string>> = {
  default: ({ namespace, pod }) => `By the default template, pod ${pod ?? ''} of namespace ${namespace ?? ''}.`,
  hashed: ({ namespace, pod }) =>
    namespace === null
      ? 'It was cut, and ends in a hash of the whole.'
      : `By the default template, a pod of namespace ${namespace} whose name begins with ${pod ?? ''}. It was cut, and ends in a hash of the whole.`,
  'pod-identity': () =>
    'EKS Pod Identity named it: the base identity of a pod. The record of AssumeRoleForPodIdentity names the pod.',
  other: () => 'It has not the form of the default template, NAMESPACE.POD.',
};

function taggedText(event: Subject['event']): string {
  const { 'kubernetes-namespace': namespace, 'kubernetes-pod-name': pod } = event?.tags ?? {};
  return namespace === undefined || pod === undefined
    ? ''
    : ` Its session tags say pod ${pod} of namespace ${namespace}.`;
}

/** A pod once, with each of its sessions that has the name. */
function podLines([first, ...others]: readonly [PodMatch, ...PodMatch[]], { annotations }: Subject): string[] {
  const { namespace, name, serviceAccount, phase } = first;
  const key = `${namespace}/${serviceAccount}`;
  return [
    `  pod ${namespace}/${name} (${phase === '' ? 'phase unknown' : phase})`,
    ...[first, ...others].map(sessionLine),
    `    ServiceAccount ${key}, ${annotationText(annotations[key])}`,
  ];
}

function sessionLine({ role, hop, hops, roleARN, template, containers }: PodMatch): string {
  const where =
    hop === 0
      ? `base identity of role ${role}`
      : hop === hops
        ? `role ${role}`
        : `hop ${hop} of ${hops} to role ${role}`;
  const held = containers.length === 0 ? 'no container' : containers.join(', ');
  return `    ${where} (${held}): ${roleARN}, session name ${template}`;
}

function annotationText(annotation: string | null | undefined): string {
  const { key } = ANNOTATIONS.assumeRole;
  if (annotation === undefined) return 'which could not be read';
  if (annotation === null) return `which has no ${key} now`;
  const lines = annotation.trim().split('\n');
  return lines.length === 1
    ? `${key}: ${lines[0] ?? ''}`
    : [`${key}:`, ...lines.map((line) => `      ${line}`)].join('\n');
}

function accountLines({ serviceAccounts, annotations }: Subject): string[] {
  return serviceAccounts.flatMap(({ namespace, name, role, roleARN, template }) => [
    `  ServiceAccount ${namespace}/${name}, ${annotationText(annotations[`${namespace}/${name}`])}`,
    `    role ${role}: ${roleARN}, session name ${template}`,
  ]);
}
