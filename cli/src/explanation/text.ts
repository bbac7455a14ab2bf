/** An explanation for people. Pure. */
import { ANNOTATIONS } from '@rolechain/shared';
import type { Colors } from '../terminal/colours.ts';
import { plain } from '../terminal/plain.ts';
import type { Coded, ExplainedHop, ExplainedRole, Explanation } from '../report-schemas/explain.ts';
import type { FoundCode } from './codes.ts';

export function textOf(explanations: readonly Explanation[], colours: Colors): string {
  return explanations.map((one) => oneText(plainTexts(one), colours)).join('\n');
}

/** Names and annotations are of strangers. */
export function plainTexts<T>(value: T): T {
  if (typeof value === 'string') return plain(value) as T;
  if (Array.isArray(value)) return value.map(plainTexts) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainTexts(inner)])) as T;
}

const OUTCOMES: Readonly<Record<string, Readonly<Record<Explanation['outcome'], string>>>> = {
  pod: {
    injected: 'gets the sidecar',
    skipped: 'is left alone',
    refused: 'is refused',
    unknown: 'cannot be explained',
  },
  ServiceAccount: {
    injected: 'its pods get the sidecar',
    skipped: 'its pods are left alone',
    refused: 'its pods are refused',
    unknown: 'cannot be explained',
  },
  Namespace: {
    injected: 'its annotations hold',
    skipped: 'gives no default role',
    refused: 'its annotations are refused',
    unknown: 'cannot be explained',
  },
};

function oneText(explanation: Explanation, colours: Colors): string {
  const { subject, outcome, settings, account } = explanation;
  const { kind, namespace, name, from } = subject;
  const place = namespace === '' ? name : `${namespace}/${name}`;
  const verb = explanation.recorded ? nowText(explanation) : ((OUTCOMES[kind] ?? OUTCOMES.pod)?.[outcome] ?? outcome);
  const paint = outcome === 'injected' ? colours.green : outcome === 'skipped' ? colours.yellow : colours.red;
  const asked = account?.annotation
    ? `${account.annotation.key} on ${account.annotation.on}`
    : account && `ServiceAccount ${account.namespace}/${account.name} asks for no role`;
  const facts: (readonly [string, string | undefined])[] = [
    ['asked by', asked],
    [
      'account',
      account && kind !== 'ServiceAccount' ? `${account.namespace}/${account.name} (${account.from})` : undefined,
    ],
    ['settings', settings.from],
  ];
  const lines = [
    `${colours.bold(`${kind} ${place}`)} ${paint(verb)} ${colours.dim(`(${from})`)}`,
    ...facts.flatMap(([title, text]) => (text === undefined ? [] : [`  ${title.padEnd(10)}${text}`])),
    ...section(
      'Why',
      explanation.reasons.flatMap((reason) => codedLines({ ...reason, text: withDetail(reason) }, colours)),
    ),
    ...namespaceLines(explanation),
    ...section('Containers', containerLines(explanation)),
    ...explanation.roles.flatMap((role) => section(titleOf(role, holdsNow(explanation)), roleLines(role))),
    ...section('The pod says', recordedLines(explanation)),
    ...section('Live', liveLines(explanation, colours)),
    ...section(
      'Found',
      explanation.findings.flatMap((found) => codedLines(found, colours)),
    ),
    ...section(
      'Warnings',
      explanation.warnings.map((warning) => `    ${warning}`),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

/** Of a pod that is there: what it has, and what it would get today. */
function nowText({ outcome, recorded, findings }: Explanation): string {
  const has = recorded?.injected ? 'has the sidecar' : 'has no sidecar';
  const isCovered = findings.every(({ code }) => code !== ('NotCovered' satisfies FoundCode));
  if (!isCovered) return `${has}, and would get none today`;
  if (outcome === 'injected') return recorded?.injected ? has : `${has}, and would get it today`;
  if (outcome === 'refused') return `${has}, and would be refused today`;
  return recorded?.injected ? `${has}, and would be left alone today` : has;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length > 0 ? ['', `  ${title}`, ...lines] : [];
}

function withDetail({ text, detail }: Explanation['reasons'][number]): string {
  if (detail === '') return text;
  // A key keeps its case.
  const isKey = (detail.split(' ', 1)[0] ?? '').includes('/');
  const sentence = isKey ? detail : `${detail.charAt(0).toUpperCase()}${detail.slice(1)}`;
  return `${text} ${sentence}${sentence.endsWith('.') ? '' : '.'}`;
}

function codedLines({ code, text, fix }: Coded, colours: Colors): string[] {
  return [`    ${text} ${colours.dim(`[${code}]`)}`, ...(fix === '' ? [] : [`      ${fix}`])];
}

function namespaceLines({ namespace }: Explanation): string[] {
  if (!namespace) return [];
  const { allowedRoles: allowed, defaultRole } = namespace;
  const nothing = allowed?.patterns === null ? 'every role' : 'no role';
  const patterns = allowed?.patterns?.length ? allowed.patterns : [nothing];
  const accounts = defaultRole?.accounts.length ? defaultRole.accounts : ['no ServiceAccount'];
  return [
    ...section('Allowed roles', allowed ? [...patterns, `  by ${allowed.from}`].map((line) => `    ${line}`) : []),
    ...(defaultRole
      ? section(
          'Default role, for ServiceAccounts',
          [...accounts, `  by ${defaultRole.accountsFrom}`, `role by ${defaultRole.from}`].map((line) => `    ${line}`),
        )
      : []),
  ];
}

function containerLines({ containers, roles: [role] }: Explanation): string[] {
  const width = widest(containers.map(({ name }) => name));
  const rolesWidth = widest(containers.map((one) => rolesText(one.roles)));
  return containers.flatMap((one) => {
    const { name, init, from, reason } = one;
    const line = `    ${name.padEnd(width)}  ${rolesText(one.roles).padEnd(rolesWidth)}  by ${from}${init ? ' (init container)' : ''}`;
    const why = reason
      ? [`      ${reason.text} [${reason.code}]`, ...(reason.fix === '' ? [] : [`      ${reason.fix}`])]
      : one.roles.length === 0 && role !== undefined
        ? [`      To give it one, write ${name}=${role.name} into ${ANNOTATIONS.containerRoles.key} on the pod.`]
        : [];
    return [line, ...why];
  });
}

const rolesText = (roles: readonly string[]): string => (roles.length > 0 ? roles.join(' + ') : 'no role');
const widest = (texts: readonly string[]): number => Math.max(0, ...texts.map(({ length }) => length));

function titleOf({ name, containers }: ExplainedRole, isHeld: boolean): string {
  if (containers.length === 0) return `Role ${name}`;
  const names = containers.join(', ');
  return isHeld
    ? `Role ${name}, held by ${names}`
    : `Role ${name}, which ${names} would hold once the pod is recreated`;
}

/** Of a pod that is there: whether it was made by the annotation that is explained. */
function holdsNow({ recorded, findings }: Explanation): boolean {
  if (!recorded) return true;
  return recorded.injected && !findings.some(({ code }) => code === ('AnnotationChanged' satisfies FoundCode));
}

function roleLines({ base, hops, region, webIdentity, startup }: ExplainedRole): string[] {
  const direct =
    webIdentity === 'prefer'
      ? ['            first the target by web identity, then this chain (field webIdentity: prefer)']
      : [];
  return [
    `    base    ${base.text}`,
    `            by ${base.from}`,
    ...direct,
    ...hops.flatMap((hop, index) => hopLines(hop, index === hops.length - 1 ? 'target' : `hop ${index + 1}`)),
    `    Region  ${region.name} (${region.from})`,
    ...(startup === 'require' ? ['    startup the pod waits for the first credentials (startup: require)'] : []),
  ];
}

function hopLines(hop: ExplainedHop, title: string): string[] {
  const { roleARN, sessionName, durationSeconds, stsRegion, externalID, tags, transitiveTagKeys, sourceIdentity } = hop;
  const parts = [`session ${sessionName}`, `${durationSeconds / 60} min`, `STS of ${stsRegion}`];
  const more: (readonly [string, string | undefined])[] = [
    ['ExternalId from', externalID],
    ['tags', tags?.join(', ')],
    ['transitive tag keys', transitiveTagKeys?.join(', ')],
    ['source identity', sourceIdentity],
    ['session policy', hop.sessionPolicy],
    ['allowed by the pattern', hop.allowedBy],
  ];
  return [
    `    ${title.padEnd(8)}${roleARN}`,
    `            ${parts.join(', ')}`,
    ...more.flatMap(([name, text]) => (text === undefined ? [] : [`            ${name} ${text}`])),
  ];
}

function recordedLines({ recorded }: Explanation): string[] {
  if (!recorded) return [];
  const { injected, version, roles, roleARNs = {}, skipped, ports } = recorded;
  if (!injected) return [`    no sidecar${skipped === undefined ? '' : `; rolechain.io/skipped: ${skipped}`}`];
  return [
    `    injected by rolechain ${version ?? 'of an unknown version'}, with ${roles.map((name) => (roleARNs[name] === undefined ? name : `${name} (${roleARNs[name]})`)).join(', ') || 'roles that cannot be read'}`,
    `    its ports: ${ports?.credentials ?? 'unknown'} of loopback, ${ports?.health ?? 'unknown'} of the pod; where a container declares one of them in its ports, rolechain takes another`,
  ];
}

function liveLines({ live }: Explanation, colours: Colors): string[] {
  if (!live) return [];
  const roles = (live.roles ?? []).flatMap(({ name, state, source, secondsLeft, error }) => [
    `    ${name}  ${state}, from ${source}${secondsLeft === undefined ? '' : `, ${Math.floor(secondsLeft / 60)} min left`}`,
    ...(error ? codedLines(error, colours).map((line) => `  ${line}`) : []),
  ]);
  const obstacles = (live.obstacles ?? []).flatMap(({ text, fix }) => [
    `    ${text}`,
    ...(fix === '' ? [] : [`      ${fix}`]),
  ]);
  return [
    ...(live.text === undefined ? [] : [`    ${live.text}`]),
    ...roles,
    ...portLines(live, colours),
    ...obstacles,
  ];
}

function portLines({ ports }: NonNullable<Explanation['live']>, colours: Colors): string[] {
  if (!ports) return [];
  const { credentials, health, hint, error } = ports;
  if (error) return codedLines(error, colours);
  return [`    ports  ${credentials} (credentials, 127.0.0.1), ${health} (this status, the pod's IP)`, `      ${hint}`];
}
