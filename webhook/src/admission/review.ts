import { CodedError, isDNSLabel, isMap, LIMITS, type ReasonCode } from '@rolechain/shared';
import { checkBounds } from './json-limits.ts';

export type Json = Record<string, unknown>;

/** Is told, before a body is parsed, how many bytes it and what is made of it will take at most. */
export type Hold = (bytes: number) => void;

/** The request of a review of any kind. Throws CodedError ReviewMalformed or ReviewTooLarge. */
export function readRequest(body: string | null | undefined, hold?: Hold): Json & { readonly uid: string } {
  const review = parse(body, hold);
  if (!isMap(review)) throw malformed('The body is not a JSON object.');
  if (review.kind !== 'AdmissionReview') throw malformed('kind is not AdmissionReview.');
  if (review.apiVersion !== 'admission.k8s.io/v1') throw malformed('apiVersion is not admission.k8s.io/v1.');
  const { request } = review;
  if (!isMap(request)) throw malformed('request is missing.');
  const { uid } = request;
  if (typeof uid !== 'string' || uid === '' || uid.length > LIMITS.uidChars) {
    throw malformed(`request.uid is missing, or has more than ${LIMITS.uidChars} characters.`);
  }
  return { ...request, uid };
}

export function parse(body: string | null | undefined, hold: Hold = () => undefined): unknown {
  if (typeof body !== 'string') throw malformed('There is no body.');
  hold(checkBounds(body));
  try {
    return JSON.parse(body);
  } catch {
    throw malformed('The body is not JSON.');
  }
}

export function malformed(detail: string): CodedError {
  return new CodedError('ReviewMalformed', detail);
}

/** The Namespace of a review: a name that leads to another place of the API (`..`) is none. Throws ReviewMalformed. */
export function namespaceOf(namespace: unknown): string {
  if (isDNSLabel(namespace)) return namespace;
  throw malformed('request.namespace is missing, or no DNS label of at most 63 characters.');
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

/** What becomes of a write: of an annotated object, or of the settings. */
export interface WrittenDecision<Reason = ReasonCode | 'Accepted' | 'SettingsInvalid'> {
  /** Of the first refusal; else whether there is anything of ours in it. */
  readonly reason: Reason;
  /** Of a refused one. */
  readonly message?: string;
  readonly warnings: readonly string[];
}

/** 422 Invalid, as the apiserver itself answers an object that breaks a rule. */
export function refusal(message: string): { code: number; reason: string; message: string } {
  return { code: 422, reason: 'Invalid', message };
}
