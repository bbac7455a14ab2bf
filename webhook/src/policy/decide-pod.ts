/**
 * What becomes of a pod. Pure: the same pod, ServiceAccount, context and settings give the same decision, and the
 * decision carries everything that a message, a log line, a metric and the patch show.
 */
import { isMap, reasonEntry, type ReasonCode, type SidecarConfig } from '@rolechain/shared';
import { baseIdentityWarnings } from './base-identity-warnings.ts';
import { PRE_CHECKS, STEPS, type Check, type Step } from './checks.ts';
import { refusingFindings, skipWarning, type Finding, type Findings } from './findings.ts';
import type { AdmissionContext } from './decide-service-account.ts';
import type { Decision, Injected, Mark, Skipped } from './decision.ts';
import { withDefaultRole } from './default-role.ts';
import { factsOf, type Asked, type Facts } from './facts.ts';
import { UNKEPT, type Judgements } from './judgements.ts';
import { podTooLarge } from './pod-size.ts';
import { processWarnings } from './process-namespace.ts';
import { refuseAll } from './refusal.ts';
import { misplacedWarnings, strayWarnings } from './stray-annotations.ts';
import { setBackWarnings } from '../injection/set-back.ts';
import { baseIdentity } from '../injection/sidecar-config.ts';
import { vaultIdentity } from '../injection/vault.ts';
import { annotationsOf, fieldsOf } from '../objects/pod.ts';
import type { ServiceAccount } from '../objects/service-account.ts';
import { truncateWarnings } from '../objects/truncate.ts';
import type { DecideSettings } from '../settings/settings.ts';

/**
 * What can be decided from the pod alone, before any account is looked up or annotation parsed:
 * mirror pods and pods that ask to be left alone. Undefined for all others.
 */
export function preCheck(pod: unknown): Skipped | undefined {
  const [finding] = findingsOf(PRE_CHECKS, { pod }).flatMap(({ findings }) => findings);
  return finding && skip(finding.reason);
}

/** Nothing but the account itself was looked up. */
const NOTHING: AdmissionContext = { others: new Map(), allowedRoles: undefined };

/**
 * The decision on a pod whose account asks for no role: nothing changes. Annotations of ours on the wrong object are told,
 * on the pod and on the account: there nobody else would ever see them.
 */
export function decideUnasked(pod: unknown, account: ServiceAccount | undefined): Skipped {
  const ofAccount = account ? straysOf(account) : [];
  return skip('NotAnnotated', truncateWarnings([...misplacedWarnings(annotationsOf(pod)), ...ofAccount]));
}

/** The decision on a pod that is about to be created in the account's namespace. No input throws. */
export function decide(
  pod: unknown,
  account: ServiceAccount | undefined,
  settings: DecideSettings,
  context: AdmissionContext = NOTHING,
): Decision {
  const alone = preCheck(pod);
  if (alone) return alone;
  if (account === undefined) return decideUnasked(pod, account);
  const asking = withDefaultRole(account, context.namespaceAnnotations ?? {}, settings);
  return decideAsked({ pod, account: asking, settings, context });
}

/** The same of a pod that `preCheck` leaves open, and whose account is there: the first step with a finding decides. */
export function decideAsked(asked: Asked, judgements: Judgements = UNKEPT): Decision {
  const facts = factsOf(asked, judgements);
  for (const step of STEPS) {
    const found = findingsOf(step, facts);
    const decision = found.length > 0 ? settle(found, facts) : undefined;
    if (decision) return decision;
  }
  return inject(facts);
}

interface Found {
  readonly check: Pick<Check, 'ofContainers'>;
  readonly findings: readonly Finding[];
}

function findingsOf<F>({ checks }: Step<F>, facts: F): Found[] {
  return checks.map((check) => ({ check, findings: check.find(facts) })).filter(({ findings }) => findings.length > 0);
}

/** What the findings of a step come to; undefined where they leave containers alone, and the pod gets its sidecar. */
function settle(found: readonly Found[], facts: Facts): Decision | undefined {
  const { account, pod } = facts.asked;
  const of = (holds: (check: Found['check'], finding: Finding) => boolean): Finding[] =>
    found.flatMap(({ check, findings }) => findings.filter((finding) => holds(check, finding)));
  const [left] = of((_check, { reason }) => reasonEntry(reason).outcome === 'skipped');
  if (left?.reason === 'NotAnnotated') return decideUnasked(pod, account);
  if (left?.reason === 'DefaultNotAllowed') return skipDefault(left, facts);
  if (left) return skip(left.reason, truncateWarnings([skipWarning(left), ...warningsOf(facts)]), markOf(facts));
  const isOfPod = ({ reason }: Finding): boolean => reasonEntry(reason).conflict === 'pod';
  const findings: Findings = {
    always: of((check, finding) => !check.ofContainers && !isOfPod(finding)),
    ofPod: of((check, finding) => !check.ofContainers && isOfPod(finding)),
    ofContainers: of((check) => check.ofContainers === true),
  };
  const refusing = refusingFindings(findings, facts.conflicts());
  if (refusing.length > 0) return refuseAll(refusing, account);
  const [conflict] = findings.ofPod;
  return conflict && skip(conflict.reason, findings.ofPod.map(skipWarning), markOf(facts));
}

function skip(reason: ReasonCode, warnings: readonly string[] = [], marked?: Mark): Skipped {
  return { outcome: 'skipped', reason, warnings, ...(marked ? { marked } : {}) };
}

function markOf({ pod, ours, asked }: Facts): Mark {
  return { injected: { pod: pod(), ours: ours(), eks: asked.settings.eks } };
}

/**
 * The pod of an account that may not have its Namespace's default: none of its checks was made, and none refuses it. What is
 * ours in it goes where it is a pod that can be injected by its size and its names.
 */
function skipDefault(left: Finding, facts: Facts): Skipped {
  const { pod, account, settings } = facts.asked;
  const warnings = truncateWarnings([skipWarning(left), ...straysOf(account)]);
  const view = podTooLarge(pod) === undefined ? facts.view() : undefined;
  // No apiserver sends one that has no place for a mark.
  if (view?.ok === false || !takesAnnotations(pod)) return skip(left.reason, warnings);
  const isClear = view !== undefined && facts.ours().nameCollisions.length === 0;
  const injected = isClear ? { pod: view.value, ours: facts.ours(), eks: settings.eks } : undefined;
  return skip(left.reason, warnings, { injected });
}

function takesAnnotations(pod: unknown): boolean {
  const { metadata } = fieldsOf(pod);
  const isPlace = (value: unknown): boolean => value === undefined || value === null || isMap(value);
  return isPlace(metadata) && isPlace(fieldsOf(metadata).annotations);
}

function inject(facts: Facts): Injected {
  const { account, settings } = facts.asked;
  const { config: all, allowances, annotationHash } = facts.accepted();
  const resources = facts.resources();
  const held = new Set(facts.held().map(({ name }) => name));
  const roles = Object.fromEntries(Object.entries(all.roles).filter(([name]) => held.has(name)));
  const config: SidecarConfig = { ...all, ports: facts.ports(), roles };
  const injected: Omit<Injected, 'warnings'> = {
    ...{ outcome: 'injected', reason: 'Injected', config, allowances, annotationHash },
    ...{ pod: facts.pod(), ours: facts.ours(), index: facts.index() },
    ...{ containers: facts.containers(), roles: facts.held() },
    resources: 'ok' in resources && resources.ok ? resources.value : undefined,
    image: settings.sidecarImage,
    imagePullSecrets: settings.imagePullSecrets,
    user: settings.sidecarUser,
    declareMetricsPort: settings.declareMetricsPort,
    readiness: settings.readiness,
    environment: settings.sidecarEnvironment,
    eks: settings.eks,
    defaultRegion: settings.region,
    veleroExclude: settings.veleroExclude,
    loopbackNoProxy: settings.loopbackNoProxy,
    useDualstackEndpoint: settings.containersUseDualstackEndpoint,
    tokensInEnv: facts.annotations().authorizationToken === 'env',
    baseIdentity: baseIdentity(Object.values(config.roles), account, settings),
    vaultIdentity: vaultIdentity(facts.pod(), account, settings),
  };
  const ofResources = 'warnings' in resources ? resources.warnings : [];
  return {
    ...injected,
    warnings: truncateWarnings([...setBackWarnings(injected), ...warningsOf(facts), ...ofResources]),
  };
}

/** What is told of a pod that passed all checks of its own, whether a container holds a role or not. */
function warningsOf(facts: Facts): string[] {
  const { account, settings, context } = facts.asked;
  const read = facts.readAnnotations();
  return [
    ...straysOf(account),
    ...strayWarnings(context.namespaceAnnotations ?? {}, 'Namespace', account.namespace),
    ...facts.accepted().warnings,
    ...(read.ok ? read.warnings : []),
    ...baseIdentityWarnings(facts.pod(), facts.held(), account, settings.eks),
    ...processWarnings(facts.sharedProcesses(), facts.containers()),
    ...facts.network().warnings,
    ...facts.containers().flatMap(({ warnings }) => warnings),
  ];
}

function straysOf(account: ServiceAccount): string[] {
  return strayWarnings(account.annotations, 'ServiceAccount', `${account.namespace}/${account.name}`);
}
