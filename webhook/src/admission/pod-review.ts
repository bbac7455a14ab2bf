/** AdmissionReview in, AdmissionReview out (k8s.io/api admission/v1). Pure but for what it is given. */
import jsonPatch, { type Operation } from 'fast-json-patch';
import { CodedError, isDNSSubdomain, isMap } from '@rolechain/shared';
import { copyAlong } from '../patch/copy-on-write.ts';
import type { Decision } from '../policy/decision.ts';
import { truncateWarnings } from '../objects/truncate.ts';
import { patch, type RandomSource } from '../patch/patch.ts';
import { fieldsOf, serviceAccountNameOf } from '../objects/pod.ts';
import { malformed, namespaceOf, readRequest, refusal, type Hold, type ReviewResponse } from './review.ts';

/** What is read of a review. */
export interface Review {
  readonly uid: string;
  readonly namespace: string;
  readonly dryRun: boolean;
  /** Who sent the request; empty where the apiserver doesn't say. */
  readonly user: string;
  /** Undefined where the review is not about the creation of a Pod: it is then allowed as it is. */
  readonly pod: unknown;
}

/** Reads a request's body. Throws CodedError ReviewMalformed, with the field that is wrong, or ReviewTooLarge. */
export function readReview(body: string | null | undefined, hold?: Hold): Review {
  const { uid, namespace, kind, operation, subResource, object, dryRun, userInfo } = readRequest(body, hold);
  const isPod = isMap(kind) && kind.kind === 'Pod' && kind.group === '' && operation === 'CREATE' && !subResource;
  const { username } = fieldsOf(userInfo);
  const user = typeof username === 'string' ? username : '';
  if (!isPod) return { uid, namespace: '', dryRun: false, user, pod: undefined };
  if (!isMap(object)) throw malformed('request.object is missing.');
  if (!isDNSSubdomain(serviceAccountNameOf(object))) {
    throw malformed('request.object.spec.serviceAccountName is not a DNS subdomain of at most 253 characters.');
  }
  return { uid, namespace: namespaceOf(namespace), dryRun: dryRun === true, user, pod: object };
}

/**
 * The answer to a review. The patch is tried on the pod first: one that did not apply would make the
 * apiserver refuse the pod whatever the failurePolicy says (dispatcher.go, callAttrMutatingHook).
 * Throws CodedError PatchInvalid.
 */
export function respond(review: Review, decision: Decision, randomSource: RandomSource): ReviewResponse {
  const operations = patch(review.pod, decision, randomSource);
  if (operations.length > 0) tryPatch(review.pod, operations);
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: {
      uid: review.uid,
      allowed: decision.outcome !== 'refused',
      ...(operations.length > 0 ? { patchType: 'JSONPatch', patch: base64(JSON.stringify(operations)) } : {}),
      ...(decision.warnings.length > 0 ? { warnings: truncateWarnings(decision.warnings) } : {}),
      auditAnnotations: { reason: decision.reason },
      ...(decision.outcome === 'refused' ? { status: refusal(decision.message) } : {}),
    },
  };
}

function tryPatch(pod: unknown, operations: Operation[]): void {
  try {
    // A deep copy would cost as much as all the rest of the answer.
    const paths = operations.map(({ path }) => path);
    jsonPatch.applyPatch(copyAlong(pod, paths), operations, true, true);
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    throw new CodedError('PatchInvalid', name, { cause: error });
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
