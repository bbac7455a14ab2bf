/** The report of `scan` for people. Pure. */
import type { Colors } from '../terminal/colours.ts';
import { plain } from '../terminal/plain.ts';
import { renderTable } from '../terminal/table.ts';
import type { ScanReport, Workload } from '../report-schemas/scan.ts';

/** What a person should see: pods that would be refused, and roles that are asked for where the webhook is not called. */
export function isFinding({ outcome }: Workload): boolean {
  return outcome === 'refused' || outcome === 'not-covered';
}

const count = (number: number, of: string): string => `${number} ${of}${number === 1 ? '' : 's'}`;
const ownerText = ({ owner, namespace }: Pick<Workload, 'owner' | 'namespace'>): string =>
  `${namespace}/${owner.kind === 'Pod' ? 'pod' : owner.kind.toLowerCase()}/${owner.name}`;

export function scanText(report: ScanReport, colours: Colors): string {
  const { workloads, asIf, staticKeys, serviceAccounts, unasked, notCovered, ended, notes } = report;
  const paint = { injected: colours.green, refused: colours.red, 'not-covered': colours.yellow, skipped: colours.dim };
  const rows = workloads.map((one) => [
    ownerText(one),
    `${one.pods}`,
    one.serviceAccount,
    paint[one.outcome](one.outcome),
    one.outcome === 'injected' ? rolesText(one) : one.reason,
    one.isInjected ? 'injected' : '',
  ]);
  const head = ['WORKLOAD', 'PODS', 'SERVICEACCOUNT', 'OUTCOME', 'ROLES OR REASON', 'NOW'];
  const parts = [
    ...(asIf === null ? [] : [`As if every ServiceAccount without an annotation asked for ${asIf}:`]),
    rows.length > 0 ? renderTable(head, rows) : 'No pod runs as a ServiceAccount that asks for a role.',
    section(workloads.flatMap((one) => details(one, colours))),
    rows.length > 0
      ? 'OUTCOME is that of pods that are made from now on. A pod that runs is not changed until it is recreated.'
      : '',
    section(staticKeys.map((one) => `${ownerText(one)} has static AWS keys in: ${one.containers.join(', ')}`)),
    section(notCovered.map(({ namespace, pods }) => `Not covered: namespace ${namespace}, ${count(pods, 'pod')}`)),
    [
      `${count(serviceAccounts.length, 'ServiceAccount')} ask${serviceAccounts.length === 1 ? 's' : ''} for a role.`,
      `${count(unasked, 'pod')} of others stay${unasked === 1 ? 's' : ''} as ${unasked === 1 ? 'it is' : 'they are'}; ${count(ended, 'ended pod')} not looked at.`,
    ].join(' '),
    notes.map((note) => `${colours.yellow('note')} ${plain(note)}`).join('\n'),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

const section = (lines: readonly string[]): string => lines.join('\n');

function rolesText({ containers }: Workload): string {
  return containers
    .filter(({ roles }) => roles.length > 0)
    .map(({ name, roles }) => `${name}=${roles.join('+')}`)
    .join(', ');
}

function details(one: Workload, { bold }: Colors): string[] {
  const name = bold(ownerText(one));
  return [
    ...(one.message === null ? [] : [`${name}: ${plain(one.message)}`]),
    ...(one.differs === null
      ? []
      : [
          `${name}: its sidecar differs from what its pods get today in ${plain(one.differs)}; pods that run keep it until they are recreated.`,
        ]),
    ...(one.eks.length === 0
      ? []
      : [`${name}: rolechain replaces what the EKS webhook injects into ${one.eks.join(', ')}; its role is the base.`]),
    ...one.warnings.map((warning) => `${name}: ${plain(warning)}`),
  ];
}
