/** Reviews of ServiceAccounts and Namespaces, and what all reviews of `/validate` have. Pure. */
import {
  ANNOTATIONS,
  ANNOTATION_PREFIX,
  EKS,
  FOREIGN_KEYS,
  formatProblems,
  isDNSSubdomain,
  isMap,
  type Problem,
  type EksWebhook,
  type ReasonCode,
} from '@rolechain/shared';
import { accountWarnings } from '../policy/service-account-warnings.ts';
import {
  refusal,
  namespaceOf,
  malformed,
  readRequest,
  type ReviewResponse,
  type Hold,
  type WrittenDecision,
} from './review.ts';
import { patternProblems } from '../policy/allowed-roles.ts';
import { accountGlobProblems, type NamespaceFindings, type WrittenNamespace } from '../policy/default-role-findings.ts';
import type { Finding } from '../policy/findings.ts';
import { decideServiceAccount, type AdmissionContext } from '../policy/decide-service-account.ts';
import type { Accepted } from '../policy/judge-service-account.ts';
import type { AccountChange, NamespaceChange } from '../policy/kept-roles.ts';
import type { Judgements } from '../policy/judgements.ts';
import { wordsOf, type Refused } from '../policy/refusal.ts';
import { cut, cutMessage, truncateWarnings } from '../objects/truncate.ts';
import { keep, type Annotations } from '../objects/annotations.ts';
import { fieldsOf } from '../objects/pod.ts';
import { askedResources } from '../injection/resource-annotations.ts';
import { withEksKeys, accountKeys, type ServiceAccount } from '../objects/service-account.ts';
import type { DecideSettings } from '../settings/settings.ts';
import { writtenSettings, type WrittenSettings } from './settings-review.ts';
import { strayProblem } from '../policy/stray-annotations.ts';
import { isKnownKey, keysOn, strayKeys } from '../objects/annotation-keys.ts';

/** What is read of a review. */
export interface AnnotationReview {
  readonly uid: string;
  readonly dryRun: boolean;
  /** Undefined where the review is not about a ServiceAccount or Namespace that is created or updated. */
  readonly written: Written | undefined;
  /** The ServiceAccount as it is about to be, where the annotation that asks for a role is new or changed. */
  readonly account: ServiceAccount | undefined;
  /** The Namespace as it is about to be, where its default role is new or changed, or the list of its accounts. */
  readonly namespace?: WrittenNamespace;
  /** What it asked for before, of an update that changes or takes away the annotation; of a Namespace also the list of accounts. */
  readonly change?:
    ({ readonly of: 'ServiceAccount' } & AccountChange) | ({ readonly of: 'Namespace' } & NamespaceChange);
  /** The ConfigMap of settings, where they are new or changed. */
  readonly settings?: WrittenSettings;
}

/** What is written of ours. */
export interface Written {
  readonly kind: 'ServiceAccount' | 'Namespace';
  /** `shop/orders`, or `shop`. */
  readonly name: string;
  /** The annotations of our prefix that are new, or have another value than before: what is stored stops no write. */
  readonly changed: Annotations;
}

const ASKING: readonly string[] = [ANNOTATIONS.assumeRole.key, FOREIGN_KEYS.fluxAssumeRole];

/** Parses a request's body. Throws CodedError ReviewMalformed, with the field that is wrong. */
export function readAnnotationReview(body: string, hold?: Hold, eks: EksWebhook = EKS): AnnotationReview {
  const request = readRequest(body, hold);
  const { uid, kind, operation, subResource, object, oldObject, dryRun } = request;
  const isWritten = (operation === 'CREATE' || operation === 'UPDATE') && !subResource;
  const name = isMap(kind) && kind.group === '' ? kind.kind : undefined;
  const isRead = name === 'ServiceAccount' || name === 'Namespace' || name === 'ConfigMap';
  if (!isWritten || !isRead) return { uid, dryRun: false, written: undefined, account: undefined };
  if (!isMap(object)) throw malformed('request.object is missing.');
  const answer = { uid, dryRun: dryRun === true };
  if (name === 'ConfigMap') {
    const called = `${namespaceOf(request.namespace)}/${nameOf(object)}`;
    const settings = writtenSettings(object, oldObject, called);
    return { ...answer, written: undefined, account: undefined, ...(settings ? { settings } : {}) };
  }
  const annotations = textsOf(object);
  const before = textsOf(oldObject);
  const isNew = (key: string): boolean => annotations[key] !== undefined && annotations[key] !== before[key];
  const ours = Object.keys(annotations).filter((key) => key.startsWith(ANNOTATION_PREFIX) && isNew(key));
  const changed = keep(annotations, ours);
  const isUpdate = operation === 'UPDATE' && isMap(oldObject);
  const isChanged = (keys: readonly string[]): boolean =>
    isUpdate && keys.some((key) => annotations[key] !== before[key]);
  if (name === 'Namespace') {
    const called = cut(nameOf(object), 253);
    const { assumeRole, assumeRoleAccounts } = ANNOTATIONS;
    const isNewRole = isNew(assumeRole.key);
    const namespace = { name: called, annotations: keep(annotations, keysOn('Namespace')), isNewRole };
    const keys = [assumeRole.key, assumeRoleAccounts.key];
    const change = { of: name, before: keep(before, keys), after: keep(annotations, keys) } as const;
    return {
      ...answer,
      written: { kind: name, name: called, changed },
      account: undefined,
      ...(isNewRole || isNew(assumeRoleAccounts.key) ? { namespace } : {}),
      ...(isChanged(keys) ? { change } : {}),
    };
  }
  const account = accountOf(object, request.namespace, annotations, eks);
  const written: Written = { kind: name, name: `${account.namespace}/${account.name}`, changed };
  const change = { of: name, before: accountOf(object, request.namespace, before, eks), after: account } as const;
  return {
    ...answer,
    written,
    account: ASKING.some(isNew) ? account : undefined,
    ...(isChanged(ASKING) ? { change } : {}),
  };
}

function accountOf(object: Annotated, namespace: unknown, annotations: Annotations, eks: EksWebhook): ServiceAccount {
  const metadata = fieldsOf(object.metadata);
  const name = nameOf(object);
  // What is generated goes on with a letter or a digit.
  if (name !== '' && !isDNSSubdomain(name === metadata.name ? name : `${name}x`)) {
    throw malformed('request.object.metadata.name is not a DNS subdomain of at most 253 characters.');
  }
  return withEksKeys(
    { namespace: namespaceOf(namespace), name, annotations: keep(annotations, accountKeys(eks)) },
    eks,
  );
}

/** A name that the apiserver is still to make stands in generateName. */
function nameOf(object: Annotated): string {
  const { name, generateName } = fieldsOf(object.metadata);
  return [name, generateName].find((text): text is string => typeof text === 'string' && text !== '') ?? '';
}

type Annotated = Readonly<Record<string, unknown>>;

/** The annotations of an object of any JSON value. */
function textsOf(object: unknown): Annotations {
  const annotations = fieldsOf(fieldsOf(fieldsOf(object).metadata).annotations);
  return Object.fromEntries(
    Object.entries(annotations).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** What a pod of this account would meet, with the warnings for its author. Undefined: it asks for no role. */
export function evaluateServiceAccount(
  account: ServiceAccount,
  settings: DecideSettings,
  context: AdmissionContext,
  judgements?: Judgements,
): Accepted | Refused | undefined {
  const judged = decideServiceAccount(account, settings, context, judgements);
  if (judged?.outcome !== 'accepted') return judged;
  return { ...judged, warnings: [...judged.warnings, ...accountWarnings(judged.roles, account)] };
}

/** What an account comes to, or a Namespace's default role; undefined where neither is asked for. */
export type Judged = Accepted | Refused | NamespaceFindings | undefined;

/**
 * What the changed annotations alone say: keys that no version knows, and values on a Namespace that can't be meant, are
 * refused; a key of another kind warns.
 */
function findingsOf({ kind, changed }: Written): NamespaceFindings {
  const strays = strayKeys(changed, kind);
  const told = (keys: readonly string[]): Problem[] => keys.map((key) => strayProblem(key, kind));
  const { [ANNOTATIONS.allowedRoles.key]: patterns, [ANNOTATIONS.assumeRoleAccounts.key]: accounts } =
    kind === 'Namespace' ? changed : {};
  const resources = kind === 'Namespace' ? askedResources({}, changed, false) : undefined;
  const all: readonly (readonly [Finding['reason'], readonly Problem[]])[] = [
    ['AnnotationUnknown', told(strays.filter((key) => !isKnownKey(key)))],
    ['AllowedRolesInvalid', patterns === undefined ? [] : patternProblems(patterns)],
    ['DefaultAccountsInvalid', accounts === undefined ? [] : accountGlobProblems(accounts)],
    ['SidecarResourcesInvalid', resources === undefined || resources.ok ? [] : resources.problems],
  ];
  return {
    refusing: all
      .filter(([, problems]) => problems.length > 0)
      .map(([reason, problems]) => ({ reason, detail: formatProblems(problems) })),
    warnings: told(strays.filter(isKnownKey)).map((found) => formatProblems([found])),
  };
}

/** The write as a whole: an account's refusal has the text that its pods would get. `kept`: what running pods keep. */
export function decideWritten(
  written: Written | undefined,
  judged: Judged,
  kept: readonly string[] = [],
): WrittenDecision<ReasonCode | 'Accepted'> {
  if (!written || (!judged && Object.keys(written.changed).length === 0))
    return { reason: 'NotAnnotated', warnings: kept };
  const ofKeys = findingsOf(written);
  const refusing = [...(judged && 'refusing' in judged ? judged.refusing : []), ...ofKeys.refusing];
  const warnings = [...ofKeys.warnings, ...(judged?.warnings ?? [])];
  const refused = judged && 'outcome' in judged && judged.outcome === 'refused' ? judged : undefined;
  const reason = refused?.reason ?? refusing[0]?.reason;
  if (reason === undefined) return { reason: 'Accepted', warnings: [...kept, ...warnings] };
  const before = refused?.message ?? `rolechain: ${written.kind} ${written.name}:`;
  if (refusing.length === 0) return { reason, warnings, message: before };
  return { reason, warnings, message: cutMessage(`${before}${refused ? ' Also:' : ''} ${wordsOf(refusing)}`) };
}

/** The answer to a review. */
export function respondWritten(
  { uid }: AnnotationReview,
  { reason, message, warnings }: WrittenDecision,
): ReviewResponse {
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: {
      uid,
      allowed: message === undefined,
      ...(warnings.length > 0 ? { warnings: truncateWarnings(warnings) } : {}),
      auditAnnotations: { reason },
      ...(message === undefined ? {} : { status: refusal(message) }),
    },
  };
}
