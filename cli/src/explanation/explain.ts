/** Explains what the webhook decides, by its own functions: which container gets which role, and why not. */
import { ANNOTATIONS, CodedError, FOREIGN_KEYS, NO_ROLE, reasonEntry, type ReasonCode } from '@rolechain/shared';
import {
  decideWithLookups,
  decideServiceAccount,
  factsOf,
  setBackIn,
  serviceAccountNameOf,
  type Accepted,
  type Asked,
  type ContainerOutcome,
  type DecideOptions,
  type Decided,
  type Decision,
  type Facts,
  type Finding,
} from '@rolechain/webhook';
import type { Maker } from '../cluster/makers.ts';
import { keptAccount, type KnownObjects } from '../documents/known-objects.ts';
import type { Json } from '../documents/manifests.ts';
import type { KnownSettings } from '../documents/webhook-settings.ts';
import type { Coded, ExplainedContainer, Explanation, Subject } from '../report-schemas/explain.ts';
import { defaultRoleNotHeld } from './default-role.ts';
import { changesOf, isAdmitted, otherImage, recordedOf } from './recorded.ts';
import { explainRoles } from './roles.ts';
import { accountStrays, outsideFindings, strayFindings } from './strays.ts';
import { whyWithoutSidecar } from './without-sidecar.ts';

/** What an explanation goes by. */
export interface World {
  readonly options: DecideOptions;
  readonly known: KnownObjects;
  readonly settings: KnownSettings;
  /** What could not be read, and is assumed. */
  readonly gaps: readonly Coded[];
  /** For which Namespaces the webhook is called, by their labels; absent where no cluster is asked. */
  readonly isCovered?: () => Promise<(labels: Readonly<Record<string, string>>) => boolean>;
}

/** A pod, or the template in an object that makes pods. */
export interface PodSubject {
  readonly subject: Subject;
  readonly pod: Json;
  /** The object around the template; undefined where it is a pod itself. */
  readonly around?: Json;
  /** Of a pod in a cluster: what a person wrote that it comes of. */
  readonly maker?: Maker | undefined;
}

export async function explainPod({ subject, pod, around, maker }: PodSubject, world: World): Promise<Explanation> {
  const decided = await decideOrWhyNot(pod, subject.namespace, world.options);
  const whose = `${subject.kind} ${subject.namespace}/${subject.name}`;
  const ofPod = strayFindings(pod, 'Pod', around ? `${whose}, its pod template` : whose);
  const outside = [
    ...(around ? outsideFindings(around, whose) : []),
    ...(maker ? outsideFindings(maker.value, `${maker.kind} ${subject.namespace}/${maker.name}`) : []),
  ].map(({ finding }) => finding);
  const common = { subject, settings: settingsOf(world) };
  if (decided instanceof CodedError) {
    const { code, message, fix } = decided;
    const reasons = [{ code, text: message, fix, detail: '' }];
    return {
      ...common,
      outcome: 'unknown',
      reasons,
      ...NOTHING,
      findings: [...world.gaps, ...ofPod.map(({ finding }) => finding), ...outside],
    };
  }
  const { decision, asked } = decided;
  const accepted = asked && acceptedOf(asked, world);
  const facts = asked && accepted ? readableFacts(asked, decision, world) : undefined;
  const containers = facts ? facts.containers().map((outcome) => containerOf(outcome, facts)) : [];
  const recorded = recordedOf(pod);
  const holders = (role: string): string[] =>
    containers.filter(({ roles }) => roles.includes(role)).map(({ name }) => name);
  const account = await accountOf(decided, subject.namespace, pod, world);
  const found = account && (await world.known.account(account.namespace, account.name));
  const ofAccount =
    account && found
      ? accountStrays(
          found.value,
          `ServiceAccount ${account.namespace}/${account.name}`,
          world.settings.value.fluxAlias,
        )
      : [];
  const byDefault =
    account && found && decision.reason === 'NotAnnotated' ? await notByDefault(account, found.value, world) : [];
  const changes = recorded
    ? changesOf(recorded, decision, accepted, await missing(pod, subject.namespace, found?.value, world))
    : [];
  const isRecreated = changes.some(({ code }) => code === 'AnnotationChanged' || code === 'OtherVersion');
  const told = [...decision.warnings, ...reasonsOf(decision).map(({ detail }) => detail)].join('\n');
  return {
    ...common,
    outcome: decision.outcome,
    reasons: reasonsOf(decision),
    ...(account ? { account } : {}),
    containers,
    roles: accepted ? rolesOf(asked, accepted, world, holders) : [],
    // Nothing is set back in a pod that is there; of one that another annotation or version made, they would be told of what these wrote.
    warnings: decision.warnings.filter(
      (warning) => !((isRecreated || isAdmitted(pod)) && setBackIn(warning) !== undefined),
    ),
    findings: [
      ...world.gaps,
      // What the webhook says itself is not said twice.
      ...[...ofPod, ...ofAccount].filter(({ key }) => !told.includes(`${key} `)).map(({ finding }) => finding),
      ...outside,
      ...byDefault,
      ...changes,
      ...(isAdmitted(pod) && world.settings.from !== undefined
        ? otherImage(pod, world.settings.value.sidecarImage)
        : []),
    ],
    ...(recorded ? { recorded } : {}),
  };
}

async function notByDefault(
  { namespace, name }: NonNullable<Explanation['account']>,
  value: Json,
  { known, settings }: World,
): Promise<Coded[]> {
  const around = await known.namespace(namespace);
  const account = keptAccount(namespace, name, value, settings.value.eks);
  return around ? defaultRoleNotHeld(account, around.value, settings.value) : [];
}

async function missing(pod: Json, namespace: string, account: Json | undefined, world: World): Promise<Coded> {
  const isCovered = await world.isCovered?.();
  const around = await world.known.namespace(namespace);
  return whyWithoutSidecar({ pod, account, namespace: around?.value, isCovered });
}

const NOTHING = { containers: [], roles: [], warnings: [] };

async function decideOrWhyNot(pod: Json, namespace: string, options: DecideOptions): Promise<Decided | CodedError> {
  try {
    return await decideWithLookups(pod, namespace, options);
  } catch (error) {
    // What the cluster forbids ends the command: it says which right.
    if (error instanceof CodedError && error.code === 'ObjectNotFound') return error;
    throw error;
  }
}

export function acceptedOf({ account, settings, context }: Omit<Asked, 'pod'>, world: World): Accepted | undefined {
  const judged = decideServiceAccount(account, settings, context, world.options.judgements);
  return judged?.outcome === 'accepted' ? judged : undefined;
}

export function rolesOf(
  { account, settings }: Omit<Asked, 'pod'>,
  accepted: Accepted,
  world: World,
  holders: (role: string) => readonly string[] = () => [],
): Explanation['roles'] {
  return explainRoles({ account, settings, accepted, holders, regionFrom: world.settings.regionFrom });
}

export function settingsOf({ settings }: World): Explanation['settings'] {
  const { from, value, regionFrom } = settings;
  return { from: from ?? 'the defaults: none were named', region: value.region, regionFrom };
}

/** Facts whose containers may be asked for: the checks before them passed. */
function readableFacts(asked: Asked, { reason }: Decision, world: World): Facts | undefined {
  const before: readonly ReasonCode[] = ['PodTooLarge', 'PodMalformed', 'PodAnnotationInvalid', 'DefaultNotAllowed'];
  return before.includes(reason) ? undefined : factsOf(asked, world.options.judgements);
}

function containerOf(outcome: ContainerOutcome, facts: Facts): ExplainedContainer {
  const { name, list, roles, skipped } = outcome;
  const { containerRoles } = facts.annotations();
  const from =
    skipped === 'SkipListed'
      ? `annotation ${ANNOTATIONS.skipContainers.key} on the pod`
      : skipped === 'MeshContainer'
        ? 'setting meshContainers'
        : containerRoles.has(name)
          ? `annotation ${ANNOTATIONS.containerRoles.key} on the pod`
          : containerRoles.has('*')
            ? `annotation ${ANNOTATIONS.containerRoles.key} on the pod, for *`
            : 'the default';
  const what = outcome.conflicts.map((conflict) => conflict.name).join(', ');
  const reason = skipped === undefined ? undefined : coded(skipped, what);
  return { name, init: list === 'initContainers', roles: [...roles], from, ...(reason ? { reason } : {}) };
}

function coded(code: ReasonCode, detail: string): Coded {
  const { text, fix } = reasonEntry(code);
  return { code, text: detail === '' ? text : `${text.replace(/\.$/, '')}: ${detail}.`, fix };
}

export function reasonsOf(
  decision: Decision | { readonly outcome: 'refused'; readonly findings: readonly Finding[] },
): Explanation['reasons'] {
  if (decision.outcome === 'injected') return [];
  const findings = decision.outcome === 'refused' ? decision.findings : [{ reason: decision.reason, detail: '' }];
  return findings.map(({ reason, detail }) => {
    const { text, fix } = reasonEntry(reason);
    return { code: reason, text, fix, detail };
  });
}

async function accountOf(
  { account, decision }: Decided,
  namespace: string,
  pod: Json,
  { known, settings }: World,
): Promise<Explanation['account']> {
  // Nothing was looked up.
  if (!account && (decision.reason === 'OptedOut' || decision.reason === 'MirrorPod')) return undefined;
  const name = account?.name ?? serviceAccountNameOf(pod);
  const found = await known.account(namespace, name).catch(() => undefined);
  if (!found) return undefined;
  const annotation = account ? askedBy(account, settings) : undefined;
  return { namespace, name, from: found.from, ...(annotation ? { annotation } : {}) };
}

/** The annotation that asks, and where it stands. */
export function askedBy(
  account: NonNullable<Decided['account']>,
  { value }: KnownSettings,
): { readonly key: string; readonly on: string } | undefined {
  const { assumeRole } = ANNOTATIONS;
  const onAccount = `ServiceAccount ${account.namespace}/${account.name}`;
  if (account.byDefault) return { key: assumeRole.key, on: `Namespace ${account.namespace}` };
  const text = account.annotations[assumeRole.key];
  if (text === NO_ROLE) return undefined;
  if (text !== undefined) return { key: assumeRole.key, on: onAccount };
  const flux = FOREIGN_KEYS.fluxAssumeRole;
  return value.fluxAlias && account.annotations[flux] ? { key: flux, on: onAccount } : undefined;
}

/** Whether a person should see it. */
export function isFinding({ outcome, reasons, warnings, findings, live, recorded }: Explanation): boolean {
  const isQuiet = reasons.every(({ code }) => QUIET.has(code));
  const isFailing = live?.kind === 'unknown' || (live?.roles ?? []).some(({ state }) => state === 'failing');
  return (
    outcome === 'refused' ||
    outcome === 'unknown' ||
    !isQuiet ||
    warnings.length > 0 ||
    findings.length > 0 ||
    isFailing ||
    recorded?.skipped !== undefined
  );
}

/** Skipped, and nobody wants it otherwise. */
const QUIET: ReadonlySet<string> = new Set<ReasonCode>(['NotAnnotated', 'OptedOut', 'MirrorPod']);
