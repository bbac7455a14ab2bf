/** The report of `status` for people. Pure. */
import type { Colors } from '../terminal/colours.ts';
import { plain } from '../terminal/plain.ts';
import { renderTable } from '../terminal/table.ts';
import { truncate } from '@rolechain/webhook';
import type { PodState, PodStatus, StatusReport, StrayKeys } from '../report-schemas/status.ts';

type Paint = (text: string) => string;

/** What a person should see. */
export function isFinding({ state, annotation }: PodStatus): boolean {
  return FINDINGS.has(state) || annotation === 'changed' || annotation === 'removed';
}

const FINDINGS: ReadonlySet<PodState> = new Set(['stale', 'lost', 'late', 'slipped', 'not-covered', 'unknown']);

export function statusText(report: StatusReport, now: Date, colours: Colors): string {
  const { namespace, pods, strays, others, notes } = report;
  const where = namespace === null ? 'the cluster' : `namespace ${namespace}`;
  const mistyped = strayText(strays, namespace === null);
  const noted = notes.map((note) => `${colours.yellow('note')} ${plain(note)}`);
  const rest = `Pods that hold no role and should not, or have ended: ${others}.`;
  if (pods.length === 0)
    return [`No pod of ${where} holds an AWS role or should. ${rest}`, ...mistyped, ...noted].join('\n');
  const head = [namespace === null ? 'NAMESPACE' : '', 'POD', 'STATE', 'CREDENTIALS', 'ANNOTATION', 'VERSION'];
  const rows = pods.map((pod) => [
    namespace === null ? pod.namespace : '',
    pod.name,
    paintOf(pod, colours)(pod.state),
    credentials(pod, now),
    pod.annotation === 'changed' || pod.annotation === 'removed' ? colours.yellow(pod.annotation) : '',
    versionText(pod, colours),
  ]);
  const troubles = pods.flatMap((pod) => trouble(pod, namespace === null, colours));
  const found = pods.filter(isFinding).length;
  const sum = `${pods.length} pod${pods.length === 1 ? '' : 's'}, ${found} to look at. ${rest}`;
  return [
    renderTable(head, rows),
    ...(troubles.length > 0 ? ['', ...troubles] : []),
    '',
    sum,
    ...mistyped,
    ...noted,
  ].join('\n');
}

/** In one line: of each, `explain` says what is meant. */
function strayText(strays: readonly StrayKeys[], withNamespace: boolean): string[] {
  const [first] = strays;
  if (first === undefined) return [];
  const named = strays.map(({ namespace, name, keys }) => {
    const place = withNamespace ? `${namespace}/${name}` : name;
    return `${place} (${truncate(keys.map(plain))})`;
  });
  const who = strays.length === 1 ? '1 ServiceAccount has keys' : `${strays.length} ServiceAccounts have keys`;
  const how = `rolechain explain serviceaccount ${first.name} -n ${first.namespace}`;
  return [`${who} that rolechain does not read there: ${truncate(named)}. \`${how}\` says what is meant.`];
}

function paintOf(pod: PodStatus, { green, red, yellow, dim }: Colors): Paint {
  if (pod.state === 'valid') return green;
  if (pod.state === 'lost' || pod.state === 'late' || pod.state === 'slipped') return red;
  return FINDINGS.has(pod.state) ? yellow : dim;
}

/** Until when: of several roles the first end, beside how many have credentials. */
function credentials({ roles }: PodStatus, now: Date): string {
  const ends = roles.flatMap(({ until }) => (until === null ? [] : [until])).sort();
  const [first] = ends;
  if (roles.length === 0) return '';
  if (first === undefined) return roles.length === 1 ? 'none' : `none of ${roles.length} roles`;
  const of =
    roles.length === 1
      ? ''
      : `${ends.length === roles.length ? ends.length : `${ends.length} of ${roles.length}`} roles, `;
  return `${of}until ${timeText(first, now)}`;
}

function timeText(until: string, now: Date): string {
  const whole = `${until.slice(0, 19)}Z`;
  const shown = whole.slice(0, 10) === now.toISOString().slice(0, 10) ? whole.slice(11) : whole;
  const minutes = Math.floor((Date.parse(until) - now.getTime()) / 60_000);
  return `${shown} (${minutes} min)`;
}

function versionText({ version, isOlder, state, roles }: PodStatus, { yellow }: Colors): string {
  const isInjected = version !== null || roles.length > 0 || state === 'unknown' || state === 'starting';
  if (!isInjected) return '';
  return isOlder ? yellow(`${version === null ? 'unknown' : plain(version)}, older`) : plain(version ?? 'unknown');
}

function trouble(pod: PodStatus, withNamespace: boolean, colours: Colors): string[] {
  if (pod.why === null) return [];
  const name = withNamespace ? `${pod.namespace}/${pod.name}` : pod.name;
  return [`${colours.bold(name)}: ${plain(pod.why)}`, ...(pod.fix === null ? [] : [`  ${plain(pod.fix)}`])];
}
