/**
 * Which events a review leads to: of a refusal, a conflict or a warning on the pod's controller, else on its ServiceAccount; of an
 * annotation that is invalid, on the ServiceAccount. None on a dry run (`sideEffects: NoneOnDryRun`). The words are those of the
 * answer. Pure; no input throws.
 */
import { ANNOTATIONS, LIMITS, REASONS, isDNSSubdomain, type ReasonCode, type ReasonEntry } from '@rolechain/shared';
import { fieldsOf, listOf, serviceAccountNameOf } from '../objects/pod.ts';
import type { Decision } from '../policy/decision.ts';
import { cutBytes } from '../objects/truncate.ts';
import { EVENT_REASONS, type EventDraft, type Regarding } from '../telemetry/event.ts';
import { wouldRefuse, type Mode } from './audit.ts';
import type { Reviewed } from './decision-line.ts';
import type { WrittenDecision } from './review.ts';
import type { AnnotationReview } from './service-account-review.ts';

/** What is wrong with the account's own annotation, whichever pod asks. */
const OF_THE_ACCOUNT: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  ...(['AnnotationInvalid', 'AccountForbidden', 'RoleNotAllowed', 'SourceForbidden', 'TagsImpossible'] as const),
  ...(['CredentialSourceForbidden', 'DurationTooLong', 'ServiceAccountForbidden'] as const),
]);

/** Of a review of a pod. */
export function podEvents(reviewed: Reviewed, decision: Decision, mode: Mode): readonly EventDraft[] {
  const { namespace, pod, dryRun } = reviewed;
  if (dryRun || pod === undefined) return [];
  const told = textOf(decision, mode);
  if (told === undefined) return [];
  const account = serviceAccount(namespace, serviceAccountNameOf(pod));
  const controller = controllerOf(pod, namespace);
  const isOfAccount =
    decision.outcome === 'refused' && decision.findings.some(({ reason }) => OF_THE_ACCOUNT.has(reason));
  const objects = [controller ?? account, ...(controller && isOfAccount ? [account] : [])];
  const again = wasReviewed(pod) ? { isAgain: true } : {};
  return objects.map((regarding) => ({ regarding, action: 'Inject', ...told, ...again }));
}

/** Of a review of a ServiceAccount that is refused, or would be: of one that is there, then. */
export function writtenEvents(
  { dryRun, written, isNew = false, objectUID }: AnnotationReview,
  { reason, message }: WrittenDecision<string>,
  mode: Mode,
): readonly EventDraft[] {
  if (dryRun || message === undefined || written?.kind !== 'ServiceAccount') return [];
  // Its author has the answer, and there is nothing to show it on.
  if (isNew && mode === 'enforce') return [];
  const [namespace = '', account = ''] = written.name.split('/');
  if (!isDNSSubdomain(account)) return [];
  const note = mode === 'audit' ? wouldRefuse('it', message) : message;
  return [{ regarding: serviceAccount(namespace, account, objectUID), action: 'Write', reason, note: within(note) }];
}

function textOf(decision: Decision, mode: Mode): Pick<EventDraft, 'reason' | 'note'> | undefined {
  const { outcome, reason, warnings } = decision;
  if (outcome === 'refused') {
    const note = mode === 'audit' ? wouldRefuse('this pod', decision.message) : decision.message;
    return { reason, note: within(note) };
  }
  if (warnings.length === 0) return undefined;
  // Of conflicts under the setting `conflicts: warn`.
  const isConflict = (REASONS[reason] as ReasonEntry).conflict !== undefined;
  const prefix = mode === 'audit' ? '(mode: audit) ' : '';
  return { reason: isConflict ? reason : EVENT_REASONS[outcome], note: within(prefix + warnings.join(' ')) };
}

function wasReviewed(pod: unknown): boolean {
  const annotations = fieldsOf(fieldsOf(fieldsOf(pod).metadata).annotations);
  return [ANNOTATIONS.status, ANNOTATIONS.skipped].some(({ key }) => Object.hasOwn(annotations, key));
}

const within = (note: string): string => cutBytes(note, LIMITS.eventNoteBytes);

const serviceAccount = (namespace: string, name: string, uid?: string): Regarding => ({
  ...{ apiVersion: 'v1', kind: 'ServiceAccount', namespace, name },
  ...(uid === undefined ? {} : { uid }),
});

/**
 * What makes pods, and is namespaced, by its API group. Another kind may be one of the cluster, such as a Node: an event on that would
 * be shown there to anyone who describes it, at the wish of who may create pods in some namespace.
 */
const CONTROLLERS: Readonly<Record<string, readonly string[]>> = {
  '': ['ReplicationController'],
  apps: ['ReplicaSet', 'StatefulSet', 'DaemonSet', 'Deployment'],
  batch: ['Job', 'CronJob'],
  'argoproj.io': ['Rollout', 'Workflow'],
};

/** Whether such an owner is in the pod's namespace. */
function isNamespaced(apiVersion: string, kind: string): boolean {
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : apiVersion.slice(0, slash);
  return Object.hasOwn(CONTROLLERS, group) && (CONTROLLERS[group] ?? []).includes(kind);
}

/** The owner that makes the pod, as far as a name of the API stands there: the apiserver has not looked at it yet. */
function controllerOf(pod: unknown, namespace: string): Regarding | undefined {
  const owners = listOf(fieldsOf(fieldsOf(pod).metadata).ownerReferences).map(fieldsOf);
  const { apiVersion, kind, name, uid } = owners.find(({ controller }) => controller === true) ?? {};
  if (!isText(apiVersion) || !isText(kind) || !isText(uid) || !isDNSSubdomain(name)) return undefined;
  if (!/^[-a-z0-9./]+$/.test(apiVersion) || !/^[-A-Za-z0-9]+$/.test(uid)) return undefined;
  if (!isNamespaced(apiVersion, kind)) return undefined;
  return { apiVersion, kind, namespace, name, uid };
}

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= LIMITS.eventInstanceChars;
