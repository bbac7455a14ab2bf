/** Reviews of ServiceAccounts: `/validate`. Pure. */
import { isDNSSubdomain } from '@rolechain/shared';
import { accountWarnings } from './account-warnings.ts';
import { isObject, malformed, namespaceOf, readRequest, refusal, type Hold, type ReviewResponse } from './admit.ts';
import { decideAccount, type Accepted, type Refused, type Surroundings } from './decide-account.ts';
import { fewWarnings } from './few.ts';
import { keep } from './kept.ts';
import { ACCOUNT_KEYS, type ServiceAccount } from './roles.ts';
import type { DecideSettings } from './settings.ts';

/** What is read of a review. */
export interface AccountReview {
  readonly uid: string;
  readonly dryRun: boolean;
  /** As it is about to be; undefined where the review is not about a ServiceAccount that is created or updated. */
  readonly account: ServiceAccount | undefined;
}

/** Reads a request's body. Throws CodedError ReviewMalformed, with the field that is wrong. */
export function readAccountReview(body: string, hold?: Hold): AccountReview {
  const { uid, namespace, kind, operation, subResource, object, dryRun } = readRequest(body, hold);
  const written = operation === 'CREATE' || operation === 'UPDATE';
  const isAccount = isObject(kind) && kind.kind === 'ServiceAccount' && kind.group === '' && written && !subResource;
  if (!isAccount) return { uid, dryRun: false, account: undefined };
  if (!isObject(object)) throw malformed('request.object is missing.');
  const metadata = isObject(object.metadata) ? object.metadata : {};
  const annotations = isObject(metadata.annotations) ? metadata.annotations : {};
  const texts = Object.entries(annotations).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  const kept = keep(Object.fromEntries(texts), ACCOUNT_KEYS);
  // A name that the apiserver is still to make stands in generateName.
  const isName = (text: unknown): text is string => typeof text === 'string' && text !== '';
  const name = [metadata.name, metadata.generateName].find(isName) ?? '';
  // What is generated goes on with a letter or a digit.
  if (name !== '' && !isDNSSubdomain(isName(metadata.name) ? name : `${name}x`)) {
    throw malformed('request.object.metadata.name is no DNS subdomain of at most 253 characters.');
  }
  const account = { namespace: namespaceOf(namespace), name, annotations: kept };
  return { uid, dryRun: dryRun === true, account };
}

/** What a pod of this account would meet, with the warnings for its author. Undefined: it asks for no role. */
export function judgeAccount(
  account: ServiceAccount,
  settings: DecideSettings,
  around: Surroundings,
): Accepted | Refused | undefined {
  const judged = decideAccount(account, settings, around);
  if (judged?.outcome !== 'accepted') return judged;
  return { ...judged, warnings: [...judged.warnings, ...accountWarnings(judged.roles, account)] };
}

/** The answer to a review: the refusal has the text that a pod would get. */
export function respondAccount({ uid }: AccountReview, judged: Accepted | Refused | undefined): ReviewResponse {
  const refused = judged?.outcome === 'refused';
  const warnings = judged?.warnings ?? [];
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: {
      uid,
      allowed: !refused,
      ...(warnings.length > 0 ? { warnings: fewWarnings(warnings) } : {}),
      auditAnnotations: { reason: refused ? judged.reason : judged ? 'Accepted' : 'NotAnnotated' },
      ...(refused ? { status: refusal(judged.message) } : {}),
    },
  };
}
