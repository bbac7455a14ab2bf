/** Every pod of a namespace, or of the cluster, by the webhook's own decision. */
import { ANNOTATIONS, ENV, isMap } from '@rolechain/shared';
import {
  decideWithLookups,
  findInjected,
  limitRulesOf,
  makeJudgements,
  places,
  setBackIn,
  asksForRole,
  serviceAccountNameOf,
  viewPod,
  withDefaultRole,
  type Decided,
  type DecideOptions,
  type LimitRule,
  type Settings,
} from '@rolechain/webhook';
import { readAccounts, readNamespaces, type KnownAccount, type KnownNamespace } from '../cluster/accounts.ts';
import type { Cluster } from '../cluster/client.ts';
import { orNote, readInstallation, type Installation } from '../cluster/installation.ts';
import { ownerOf } from '../cluster/owner.ts';
import { pathOf } from '../cluster/path.ts';
import { decideSettingsOf } from '../documents/webhook-settings.ts';
import { hasEnded } from '../objects/fields.ts';
import { plain } from '../terminal/plain.ts';
import type { ScanReport, Workload } from '../report-schemas/scan.ts';

export interface ScanOptions {
  /** Undefined: all. */
  readonly namespace: string | undefined;
  /** Instead of those that are installed. */
  readonly settings: Settings | undefined;
  /** Every ServiceAccount without an annotation is taken to ask for this role. */
  readonly asIf: string | undefined;
}

type Namespaces = ReadonlyMap<string, KnownNamespace>;

export async function scan(cluster: Cluster, { namespace, settings: given, asIf }: ScanOptions): Promise<ScanReport> {
  const installation = await readInstallation(cluster, given);
  const settings = decideSettingsOf(installation.settings);
  const notes = [...installation.notes];
  const [accounts, namespaces, limits] = await Promise.all([
    readAccounts(cluster, namespace, settings.eks),
    readNamespaces(cluster, namespace),
    orNote(notes, 'LimitRanges are not looked at', () => readLimitRules(cluster, namespace)),
  ]);
  const asked = asIf === undefined ? accounts : new Map([...accounts].map(([key, one]) => [key, asking(one, asIf)]));
  const options: DecideOptions = {
    lookup: (of, name) => Promise.resolve(asked.get(`${of}/${name}`)),
    lookupNamespace: (name) => Promise.resolve(namespaces.get(name)?.annotations ?? {}),
    limitRulesOf: (of) => limits?.get(of) ?? [],
    judgements: makeJudgements(),
    fluxAlias: settings.fluxAlias,
    namespaceDefaultRole: settings.namespaceDefaultRole,
    settings: () => settings,
  };
  // Decided as they come in, page by page: the cluster's pods whole may not fit into memory.
  const looking = await cluster.list(pathOf(namespace, 'pods'), (pod) =>
    look(pod, options, { installation, namespaces }),
  );
  const looked = await Promise.all(looking);
  const there = looked.filter((one) => one !== 'ended');
  const workloads = grouped(there.flatMap(({ workload }) => workload ?? []));
  return {
    namespace: namespace ?? null,
    installed: installation.version ?? null,
    asIf: asIf ?? null,
    workloads,
    staticKeys: keysByWorkload(there),
    serviceAccounts: [...asked.values()].flatMap((account) => {
      const { namespace: of, name } = account;
      const known = withDefaultRole(account, namespaces.get(of)?.annotations ?? {}, settings);
      return asksForRole(known, settings) ? [{ namespace: of, name, byDefault: known.byDefault === true }] : [];
    }),
    unasked: there.filter(({ workload }) => workload === undefined).length,
    notCovered: countBy(there.filter(({ isCovered }) => !isCovered).map((one) => one.namespace)),
    ended: looked.length - there.length,
    notes,
  };
}

function asking(account: KnownAccount, roleARN: string): KnownAccount {
  const { annotations } = account;
  const key = ANNOTATIONS.assumeRole.key;
  return annotations[key] === undefined ? { ...account, annotations: { ...annotations, [key]: roleARN } } : account;
}

interface Looked {
  readonly namespace: string;
  readonly owner: Workload['owner'];
  readonly isCovered: boolean;
  /** Undefined where no role is asked for. */
  readonly workload: Workload | undefined;
  /** Containers with static keys. */
  readonly keys: readonly string[];
}

interface Where {
  readonly installation: Installation;
  readonly namespaces: Namespaces;
}

async function look(
  pod: unknown,
  options: DecideOptions,
  { installation, namespaces }: Where,
): Promise<Looked | 'ended'> {
  const { metadata } = pod as { metadata?: { namespace?: string } };
  if (hasEnded(pod)) return 'ended';
  const namespace = metadata?.namespace ?? '';
  const isCovered = installation.isCovered(namespaces.get(namespace)?.labels ?? {});
  const owner = ownerOf(pod);
  const decided = await decideWithLookups(pod, namespace, options);
  // One that asks to be left alone is told, too, though the webhook does not look at its account.
  const asks = decided.asked !== undefined || decided.decision.reason === 'OptedOut';
  const workload = asks ? workloadOf(pod, { namespace, owner, isCovered, decided }) : undefined;
  return { namespace, owner, isCovered, workload, keys: containersWithKeys(pod) };
}

interface Found extends Pick<Looked, 'namespace' | 'owner' | 'isCovered'> {
  readonly decided: Decided;
}

function workloadOf(pod: unknown, { namespace, owner, isCovered, decided: { decision } }: Found): Workload {
  const view = viewPod(pod);
  const common = {
    ...{ namespace, owner, serviceAccount: serviceAccountNameOf(pod), pods: 1 },
    isInjected: view.ok && findInjected(view.value).sidecar !== undefined,
  };
  const nothing = { message: null, differs: null, containers: [], eks: [], warnings: [] };
  if (!isCovered) return { ...common, ...nothing, outcome: 'not-covered', reason: 'NotCovered' };
  const { outcome, reason } = decision;
  // Nothing is set back in a pod that is there: its sidecar is of another version or settings, and stays.
  const warnings = decision.warnings.filter((warning) => setBackIn(warning) === undefined).map(plain);
  const [setBack] = decision.warnings.flatMap((warning) => setBackIn(warning) ?? []);
  const differs = setBack === undefined ? null : plain(setBack);
  if (decision.outcome === 'refused')
    return { ...common, ...nothing, outcome, reason, message: plain(decision.message) };
  if (decision.outcome === 'skipped') return { ...common, ...nothing, outcome, reason, warnings };
  const containers = decision.containers.map(({ name, roles }) => ({ name, roles: [...roles] }));
  const eks = decision.containers
    .filter(({ left, list, index }) => {
      const before = decision.pod.spec[list]?.[index]?.env ?? [];
      return left !== undefined && left.length < before.length && before.some(({ name }) => EKS_VARIABLES.has(name));
    })
    .map(({ name }) => name);
  return { ...common, ...nothing, outcome, reason, differs, containers, eks, warnings };
}

const EKS_VARIABLES: ReadonlySet<string> = new Set([ENV.roleARN, ENV.fullURI]);
const KEYS: ReadonlySet<string> = new Set([ENV.accessKeyID, ENV.secretAccessKey]);

/** By name alone: no value is read, or kept. */
function containersWithKeys(pod: unknown): string[] {
  const view = viewPod(pod);
  if (!view.ok) return [];
  return places(view.value)
    .filter(({ container }) => (container.env ?? []).some(({ name }) => KEYS.has(name)))
    .map(({ container }) => container.name);
}

const keyOf = ({ namespace, owner }: Pick<Looked, 'namespace' | 'owner'>): string =>
  `${namespace}/${owner.kind}/${owner.name}`;

/** Pods of one workload with one outcome are one line. */
function grouped(workloads: readonly Workload[]): Workload[] {
  const groups = new Map<string, Workload>();
  for (const one of workloads) {
    const key = `${keyOf(one)} ${one.outcome} ${one.reason} ${one.isInjected}`;
    const before = groups.get(key);
    groups.set(key, before ? { ...before, pods: before.pods + 1 } : one);
  }
  return [...groups.values()];
}

function keysByWorkload(looked: readonly Looked[]): ScanReport['staticKeys'] {
  const withKeys = looked.filter(({ keys }) => keys.length > 0);
  const first = new Map([...withKeys].reverse().map((one) => [keyOf(one), one]));
  return [...first.values()]
    .reverse()
    .map(({ namespace, owner, keys }) => ({ namespace, owner, containers: [...keys] }));
}

function countBy(namespaces: readonly string[]): ScanReport['notCovered'] {
  const counts = new Map<string, number>();
  for (const one of namespaces) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts].map(([namespace, pods]) => ({ namespace, pods }));
}

async function readLimitRules(cluster: Cluster, namespace: string | undefined): Promise<Map<string, LimitRule[]>> {
  const rules = new Map<string, LimitRule[]>();
  await cluster.list(pathOf(namespace, 'limitranges'), (item) => {
    const { metadata, spec } = item as { metadata?: { namespace?: string; name?: string }; spec?: unknown };
    const of = metadata?.namespace ?? '';
    rules.set(of, [...(rules.get(of) ?? []), ...limitRulesOf(metadata?.name ?? '', isMap(spec) ? spec : {})]);
  });
  return rules;
}
