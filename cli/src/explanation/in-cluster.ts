/** Explains an object of a cluster: what the webhook reads there is read here, by the user's own rights. */
import { INSTALLED, type CodedError } from '@rolechain/shared';
import { connect, type Cluster } from '../cluster/client.ts';
import { readInstallation } from '../cluster/installation.ts';
import { makerOf } from '../cluster/makers.ts';
import { pathOf } from '../cluster/path.ts';
import { unlessForbidden } from '../cluster/refused.ts';
import { decideOptions, type KnownObject, type KnownObjects } from '../documents/known-objects.ts';
import type { Json } from '../documents/manifests.ts';
import { readSource } from '../documents/read-sources.ts';
import {
  defaultSettings,
  knownSettings,
  settingsOfConfigMap,
  settingsOfSource,
  type SettingsText,
} from '../documents/webhook-settings.ts';
import type { Coded, Explanation, Subject } from '../report-schemas/explain.ts';
import type { Call } from '../terminal/command.ts';
import { textOf } from '../terminal/options.ts';
import { explainAccount, explainNamespace } from './explain-account.ts';
import { explainPod, type World } from './explain.ts';
import { notPulled } from './recorded.ts';
import { explainLive } from './live.ts';

const FROM = 'the cluster';

/** Throws ObjectNotFound, and ClusterForbidden with the right that lacks. */
export async function explainInCluster(call: Call, kind: string, name: string): Promise<Explanation> {
  const cluster = await connect(call);
  const { namespace } = cluster;
  const gaps: Coded[] = [];
  if (kind === 'namespace' || kind === 'ns') {
    const value = await cluster.get<Json>(pathOf(undefined, 'namespaces', name));
    const world = await worldOf(call, { cluster, namespace: name, gaps });
    return explainNamespace({ kind: 'Namespace', namespace: '', name, from: FROM }, value, world);
  }
  if (kind === 'serviceaccount' || kind === 'sa') {
    const subject: Subject = { kind: 'ServiceAccount', namespace, name, from: FROM };
    const value = await cluster.get<Json>(pathOf(namespace, 'serviceaccounts', name));
    return explainAccount(subject, value, await worldOf(call, { cluster, namespace, gaps }));
  }
  const pod = await cluster.get<Json>(pathOf(namespace, 'pods', name));
  const world = await worldOf(call, { cluster, namespace, gaps });
  const subject: Subject = { kind: 'Pod', namespace, name, from: FROM };
  const maker = await makerOf(cluster, namespace, pod);
  const explained = await explainPod({ subject, pod, maker }, world);
  return { ...explained, findings: [...explained.findings, ...notPulled(pod)], live: await explainLive(cluster, pod) };
}

interface Place {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly gaps: Coded[];
}

async function worldOf({ options, surroundings }: Call, place: Place): Promise<World> {
  const file = textOf(options.settings);
  const written =
    file === undefined ? await settingsInCluster(place) : settingsOfSource(await readSource(file, surroundings));
  const settings = knownSettings(written, { option: textOf(options.region), env: surroundings.env });
  const known = await objectsInCluster(place);
  return {
    ...{ settings, known, options: decideOptions(settings, known), gaps: place.gaps },
    isCovered: async () => (await readInstallation(place.cluster, defaultSettings())).isCovered,
  };
}

async function settingsInCluster({ cluster, gaps }: Place): Promise<SettingsText | undefined> {
  const path = pathOf(INSTALLED.namespace, 'configmaps', INSTALLED.webhook);
  const found = await unlessForbidden(
    () => cluster.find<Json>(path),
    gapIn(gaps, "The webhook's settings are not known: their defaults are assumed."),
  );
  return found && settingsOfConfigMap({ ...found, kind: 'ConfigMap' });
}

/** A Namespace and its LimitRanges may be out of reach for those who own no cluster: told, and assumed to say nothing. */
async function objectsInCluster({ cluster, namespace, gaps }: Place): Promise<KnownObjects> {
  const known = (value: Json | undefined, of: string, name: string): KnownObject | undefined =>
    value && { namespace: of, name, value, from: FROM };
  const ranges = await unlessForbidden(
    () => cluster.list(pathOf(namespace, 'limitranges'), (item) => item as Json),
    gapIn(gaps, 'LimitRanges are not known: none are assumed.'),
  );
  let namespaceRead: Promise<Json | undefined> | undefined;
  return {
    account: async (of, name) => known(await cluster.find<Json>(pathOf(of, 'serviceaccounts', name)), of, name),
    namespace: async (name) => {
      namespaceRead ??= unlessForbidden(
        () => cluster.find<Json>(pathOf(undefined, 'namespaces', name)),
        gapIn(gaps, `The annotations of Namespace ${name} are not known: none are assumed.`),
      );
      return known(await namespaceRead, '', name);
    },
    limitRanges: () =>
      (ranges ?? []).flatMap((value) => {
        const { name = '' } = (value.metadata ?? {}) as { readonly name?: string };
        return known(value, namespace, name) ?? [];
      }),
  };
}

const gapIn =
  (gaps: Coded[], assumed: string) =>
  ({ code, message, fix }: CodedError): void => {
    gaps.push({ code, text: `${assumed} ${message}`, fix });
  };
