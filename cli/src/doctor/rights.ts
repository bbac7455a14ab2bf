/** The rights of the webhook, as manifests/base/rbac.yaml gives them; a test holds the two together. */
import { GUARD_BINDINGS, INSTALLED } from '@rolechain/shared';

export interface WebhookRight {
  readonly group: string;
  readonly resource: string;
  readonly verbs: readonly string[];
  /** Each of them; none: all objects. */
  readonly names: readonly string[];
  readonly where: 'cluster' | 'own namespace';
  /** What goes without it; undefined: nothing works. */
  readonly without?: string;
  /** Not where another program keeps the certificate: under the setting certDir. */
  readonly isOfOwnCertificate?: true;
}

const READ = ['get', 'list', 'watch'];
const ADMISSION = 'admissionregistration.k8s.io';

export const WEBHOOK_RIGHTS: readonly WebhookRight[] = [
  { group: '', resource: 'serviceaccounts', verbs: READ, names: [], where: 'cluster' },
  { group: '', resource: 'namespaces', verbs: READ, names: [], where: 'cluster' },
  {
    group: '',
    resource: 'nodes',
    verbs: ['get'],
    names: [],
    where: 'cluster',
    without: 'the Region has to stand in the setting region',
  },
  ...['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'].flatMap((resource): WebhookRight[] => {
    const right = { group: ADMISSION, resource, names: [INSTALLED.configuration], where: 'cluster' as const };
    return [
      { ...right, verbs: ['get'] },
      { ...right, verbs: ['list', 'watch', 'patch'], isOfOwnCertificate: true },
    ];
  }),
  {
    group: ADMISSION,
    resource: 'validatingadmissionpolicybindings',
    verbs: ['get'],
    names: GUARD_BINDINGS,
    where: 'cluster',
    without: 'under mode: audit nobody tells where the guard refuses pods all the same',
  },
  {
    group: '',
    resource: 'limitranges',
    verbs: ['list', 'watch'],
    names: [],
    where: 'cluster',
    without: 'sidecars get their usual resources whatever a LimitRange says (component without-limit-ranges)',
  },
  {
    group: 'events.k8s.io',
    resource: 'events',
    verbs: ['create', 'patch'],
    names: [],
    where: 'cluster',
    without: 'refusals and warnings are not told by events (component without-events)',
  },
  { group: '', resource: 'secrets', verbs: ['create'], names: [], where: 'own namespace', isOfOwnCertificate: true },
  {
    group: '',
    resource: 'secrets',
    verbs: [...READ, 'update'],
    names: [INSTALLED.certificateSecret],
    where: 'own namespace',
    isOfOwnCertificate: true,
  },
];

/** One right that the webhook lacks. */
export interface Lacking {
  readonly right: string;
  readonly without: string | undefined;
}
