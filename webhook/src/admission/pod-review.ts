/** AdmissionReview in, AdmissionReview out (k8s.io/api admission/v1). Pure but for what it is given. */
import jsonPatch, { type Operation } from 'fast-json-patch';
import { CodedError, LIMITS, isDNSLabel, isDNSSubdomain } from '@rolechain/shared';
import { copyAlong } from '../patch/copy-on-write.ts';
import type { Decision } from '../policy/decide-pod.ts';
import { fewWarnings } from '../objects/truncate.ts';
import { checkBounds } from './json-limits.ts';
import { patch, type Chance } from '../patch/patch.ts';
import { serviceAccountNameOf } from '../objects/pod.ts';

/** What is read of a review. */
export interface Review {
  readonly uid: string;
  readonly namespace: string;
  readonly dryRun: boolean;
  /** Undefined where the review is not about the creation of a Pod: it is then allowed as it is. */
  readonly pod: unknown;
}

export interface ReviewResponse {
  readonly apiVersion: 'admission.k8s.io/v1';
  readonly kind: 'AdmissionReview';
  readonly response: {
    readonly uid: string;
    readonly allowed: boolean;
    readonly patchType?: 'JSONPatch';
    /** Base64. The apiserver refuses a patchType without a patch, so both are left out together. */
    readonly patch?: string;
    readonly warnings?: readonly string[];
    readonly auditAnnotations: Readonly<Record<string, string>>;
    readonly status?: { readonly code: number; readonly reason: string; readonly message: string };
  };
}

type Json = Record<string, unknown>;
export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Is told, before a body is parsed, how many bytes it and what is made of it will take at most. */
export type Hold = (bytes: number) => void;

/** Reads a request's body. Throws CodedError ReviewMalformed, with the field that is wrong, or ReviewTooLarge. */
export function readReview(body: string | null | undefined, hold?: Hold): Review {
  const { uid, namespace, kind, operation, subResource, object, dryRun } = readRequest(body, hold);
  const isPod = isObject(kind) && kind.kind === 'Pod' && kind.group === '' && operation === 'CREATE' && !subResource;
  if (!isPod) return { uid, namespace: '', dryRun: false, pod: undefined };
  if (!isObject(object)) throw malformed('request.object is missing.');
  if (!isDNSSubdomain(serviceAccountNameOf(object))) {
    throw malformed('request.object.spec.serviceAccountName is no DNS subdomain of at most 253 characters.');
  }
  return { uid, namespace: namespaceOf(namespace), dryRun: dryRun === true, pod: object };
}

/** The Namespace of a review: a name that leads to another place of the API (`..`) is none. Throws ReviewMalformed. */
export function namespaceOf(namespace: unknown): string {
  if (isDNSLabel(namespace)) return namespace;
  throw malformed('request.namespace is missing, or no DNS label of at most 63 characters.');
}

/** The request of a review of any kind. Throws CodedError ReviewMalformed or ReviewTooLarge. */
export function readRequest(body: string | null | undefined, hold?: Hold): Json & { readonly uid: string } {
  const review = parse(body, hold);
  if (!isObject(review)) throw malformed('The body is no JSON object.');
  if (review.kind !== 'AdmissionReview') throw malformed('kind is not AdmissionReview.');
  if (review.apiVersion !== 'admission.k8s.io/v1') throw malformed('apiVersion is not admission.k8s.io/v1.');
  const { request } = review;
  if (!isObject(request)) throw malformed('request is missing.');
  const { uid } = request;
  if (typeof uid !== 'string' || uid === '' || uid.length > LIMITS.uidChars) {
    throw malformed(`request.uid is missing, or has more than ${LIMITS.uidChars} characters.`);
  }
  return { ...request, uid };
}

/**
 * The answer to a review. The patch is tried on the pod first: one that did not apply would make the
 * apiserver refuse the pod whatever the failurePolicy says (dispatcher.go, callAttrMutatingHook).
 * Throws CodedError PatchUnsound.
 */
export function respond(review: Review, decision: Decision, chance: Chance): ReviewResponse {
  const operations = patch(review.pod, decision, chance);
  if (operations.length > 0) tryPatch(review.pod, operations);
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: {
      uid: review.uid,
      allowed: decision.outcome !== 'refused',
      ...(operations.length > 0 ? { patchType: 'JSONPatch', patch: base64(JSON.stringify(operations)) } : {}),
      ...(decision.warnings.length > 0 ? { warnings: fewWarnings(decision.warnings) } : {}),
      auditAnnotations: { reason: decision.reason },
      ...(decision.outcome === 'refused' ? { status: refusal(decision.message) } : {}),
    },
  };
}

/** 422 Invalid, as the apiserver itself answers an object that breaks a rule. */
export function refusal(message: string): { code: number; reason: string; message: string } {
  return { code: 422, reason: 'Invalid', message };
}

function tryPatch(pod: unknown, operations: Operation[]): void {
  try {
    // A deep copy would cost as much as all the rest of the answer.
    const paths = operations.map(({ path }) => path);
    jsonPatch.applyPatch(copyAlong(pod, paths), operations, true, true);
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    throw new CodedError('PatchUnsound', name, { cause: error });
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function parse(body: string | null | undefined, hold: Hold = () => undefined): unknown {
  if (typeof body !== 'string') throw malformed('There is no body.');
  hold(checkBounds(body));
  try {
    return JSON.parse(body);
  } catch {
    throw malformed('The body is no JSON.');
  }
}

export function malformed(detail: string): CodedError {
  return new CodedError('ReviewMalformed', detail);
}
