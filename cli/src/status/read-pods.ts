/** Reads a namespace's pods, or the cluster's, and asks their sidecars, some at once. */
import { LIMITS } from '@rolechain/shared';
import { serviceAccountNameOf } from '@rolechain/webhook';
import { podAnnotations, readAccounts, readNamespaces } from '../cluster/accounts.ts';
import { FOREIGN_KEYS } from '@rolechain/shared';
import type { Cluster } from '../cluster/client.ts';
import { orNote, readInstallation } from '../cluster/installation.ts';
import { liveTargetOf, makeLiveReader } from '../cluster/live-state.ts';
import { mapAtOnce } from '../cluster/map-at-once.ts';
import { ownerOf } from '../cluster/owner.ts';
import { pathOf } from '../cluster/path.ts';
import { decideSettingsOf } from '../documents/webhook-settings.ts';
import { hasEnded, mapOf } from '../objects/fields.ts';
import type { Json } from '../documents/manifests.ts';
import { strayFindings } from '../explanation/strays.ts';
import type { StatusReport, StrayKeys } from '../report-schemas/status.ts';
import { isConcerned, podStatus, type Around, type ListedPod } from './pod-status.ts';

/** `namespace` undefined: of the cluster. */
export async function readStatus(
  cluster: Cluster,
  namespace: string | undefined,
  now: () => Date,
): Promise<StatusReport> {
  const { notes, settings: all, version, isCovered } = await readInstallation(cluster);
  const settings = decideSettingsOf(all);
  const noted = [...notes];
  const strays: StrayKeys[] = [];
  const [pods, accounts, namespaces] = await Promise.all([
    cluster.list(pathOf(namespace, 'pods'), listedPod),
    orNote(noted, 'nothing is said of pods without a sidecar', () =>
      readAccounts(cluster, namespace, settings.eks, (account) => strays.push(...strayKeysOf(account))),
    ),
    orNote(noted, 'whether the webhook is called for a namespace is not looked at', () =>
      readNamespaces(cluster, namespace),
    ),
  ]);
  const around: Around = { settings, installed: version, accounts, namespaces, isCovered };
  const concerned = pods.filter((pod) => isConcerned(pod, around));
  const read = makeLiveReader(cluster);
  const rows = await mapAtOnce(concerned, LIMITS.commandLiveAtOnce, async (pod) =>
    podStatus(pod, await read(pod), around, now().getTime()),
  );
  return {
    namespace: namespace ?? null,
    installed: version ?? null,
    pods: rows,
    strays,
    others: pods.length - concerned.length,
    notes: noted,
  };
}

/** As `explain serviceaccount` finds them. */
function strayKeysOf(account: Json): StrayKeys[] {
  const { namespace = '', name = '' } = mapOf(account.metadata) as {
    readonly namespace?: string;
    readonly name?: string;
  };
  const found = strayFindings(account, 'ServiceAccount', `ServiceAccount ${namespace}/${name}`);
  return found.length > 0 ? [{ namespace, name, keys: [...new Set(found.map(({ key }) => key))] }] : [];
}

function listedPod(pod: unknown): ListedPod {
  const { metadata } = pod as {
    metadata?: { creationTimestamp?: string; annotations?: Record<string, string> };
  };
  const { creationTimestamp = '', annotations = {} } = metadata ?? {};
  const { [FOREIGN_KEYS.mirrorPod]: mirror } = annotations;
  return {
    ...liveTargetOf(pod),
    owner: ownerOf(pod),
    serviceAccount: serviceAccountNameOf(pod),
    createdAt: Date.parse(creationTimestamp),
    hasEnded: hasEnded(pod),
    annotations: {
      ...podAnnotations(annotations),
      ...(mirror === undefined ? {} : { [FOREIGN_KEYS.mirrorPod]: mirror }),
    },
  };
}
