/**
 * Generated Namespaces as they are written, and what they are to pods then: each write comes to a coded outcome, and what
 * is stored, with or without the check, refuses no pod but of those that it selects, and of those none that it was
 * accepted for. A seed and an index give one Namespace.
 */
import { ANNOTATIONS, LIMITS, REASONS, type ReasonCode } from '@rolechain/shared';
import { account, plainPod } from '@rolechain/webhook/testing';
import { admitInProcess, reviewResponse, type InProcess } from '@rolechain/webhook/testing/in-process.ts';
import { settingsOf } from '../hard-pods/variants.ts';
import { generate } from './annotation.ts';
import { random, type Random } from './random.ts';
import { failed, type ReviewOutcome } from './run-reviews.ts';

type Texts = Readonly<Record<string, string>>;

export interface GeneratedNamespace {
  readonly annotations: Texts;
  /** As they were before; undefined where it is new. */
  readonly before: Texts | undefined;
  /** Whether the list of accounts has the name `orders` or what stands for it, and is within its limit. */
  readonly selects: boolean;
}

const { assumeRole, assumeRoleAccounts, allowedRoles, sidecarMemoryLimit } = ANNOTATIONS;
const ORDERS = 'arn:aws:iam::222222222222:role/orders';

/** Words that are or stand for `orders`, and words that look so. */
const SELECTING = ['orders', '*', 'ord*', '*s', 'o*r*', 'orders*'] as const;
const OTHERS = [
  ...['order', 'orders-2', 'Orders', 'orders[', '(orders)', 'orders|a', '^orders$', 'orders,', 'o?ders', '.rders'],
  ...['[a-z]+', '\\*', '"*"', 'é', '\ud800', 'x'.repeat(254), '\u00a0*', '*\u2028'],
] as const;

/** The Namespace of this seed and index. */
export function generateNamespace(seed: number, index: number): GeneratedNamespace {
  const r = random(Math.imul(seed, 0xc2b2ae35) + index);
  // With so many words it is over its limit, and so selects nobody.
  const isLong = r.once(20);
  const selects = !isLong && r.once(2);
  const annotations: Texts = {
    [assumeRole.key]: r.once(2) ? ORDERS : r.once(8) ? 'none' : generate(seed, index).text,
    ...(selects && r.once(2) ? {} : { [assumeRoleAccounts.key]: list(r, selects, isLong) }),
    ...(r.once(4) ? { [allowedRoles.key]: r.pick(['arn:aws:iam::*:role/*', '', '*', 'x'.repeat(40_000)]) } : {}),
    ...(r.once(8) ? { [sidecarMemoryLimit.key]: r.pick(['96Mi', 'much', '1e400']) } : {}),
    ...(r.once(20) ? { 'rolechain.io/asume-role': ORDERS } : {}),
  };
  const before = r.once(3) ? undefined : r.once(2) ? annotations : { [assumeRole.key]: ORDERS };
  return { annotations, before, selects };
}

function list(r: Random, selects: boolean, isLong: boolean): string {
  const others = Array.from({ length: isLong ? 4000 : r.below(6) }, () => r.pick(OTHERS));
  if (isLong) others.push('*');
  if (!selects) return others.join(' ');
  return [...others, r.pick(SELECTING), ...others.slice(0, 2)].join(r.pick([' ', '\n', '\t', '\r\n', '  ']));
}

/** With the setting on: one whose every Namespace has these annotations, and whose account `orders` has none. */
export interface Written {
  readonly webhook: Pick<InProcess, 'mutate' | 'validate'>;
  /** Of the Namespace that a pod is created in. */
  readonly set: (annotations: Texts) => void;
  readonly close: () => Promise<unknown>;
}

export async function writtenWebhook(): Promise<Written> {
  let stored: Texts = {};
  const webhook = await admitInProcess({
    settings: () => settingsOf('defaultRole'),
    namespaceDefaultRole: true,
    lookup: () => Promise.resolve(account('')),
    lookupNamespace: () => Promise.resolve(stored),
  });
  return { webhook, set: (annotations) => (stored = annotations), close: webhook.close };
}

const reviewOf = (kind: string, object: object, more: object = {}): string =>
  JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      ...{
        uid: 'u-1',
        kind: { group: '', version: 'v1', kind },
        operation: 'CREATE',
        namespace: 'shop',
        dryRun: false,
      },
      ...{ object, ...more },
    },
  });
const namespaceOf = (annotations: Texts): object => ({ metadata: { name: 'shop', annotations } });

/** What a write and a pod come to: `accepted, injected`, `refused DefaultRoleInvalid, refused DefaultRoleInvalid`. */
export async function checkNamespace(
  { webhook, set }: Written,
  { annotations, before, selects }: GeneratedNamespace,
): Promise<ReviewOutcome> {
  const old = before && { operation: 'UPDATE', oldObject: namespaceOf(before) };
  const answer = await webhook.validate(reviewOf('Namespace', namespaceOf(annotations), old));
  const response = reviewResponse(answer);
  if (!response) return failed(answer);
  const { allowed, status, warnings = [], auditAnnotations } = response;
  if (warnings.some((warning) => Array.from(warning).length > LIMITS.warningChars))
    return { complaint: 'a warning that is cut' };
  const isSaid = status?.code === 422 && /\[\w+\]$|characters more\)$/.test(status.message);
  if (allowed !== (status === undefined) || (!allowed && !isSaid)) return { complaint: `answered ${answer.text}` };
  if (before === annotations && !allowed) return { complaint: `refused though nothing changed: ${status?.message}` };

  set(annotations);
  const pod = reviewResponse(await webhook.mutate(reviewOf('Pod', plainPod())));
  if (!pod) return { complaint: 'no decision on a pod' };
  const reason = pod.auditAnnotations.reason as ReasonCode | undefined;
  const asks = annotations[assumeRole.key] !== 'none';
  if (!selects || !asks) {
    if (reason !== 'NotAnnotated' || pod.patch !== undefined)
      return { complaint: `an unselected pod came to ${reason}` };
  } else if (reason === 'NotAnnotated') return { complaint: 'a selected pod is not' };
  if (before === undefined && allowed && reason === 'DefaultRoleInvalid' && !mayDepend(pod.status?.message))
    return { complaint: `accepted when it was written, then: ${pod.status?.message}` };
  const outcome = allowed ? 'accepted' : `refused ${auditAnnotations.reason}`;
  const pods = reason !== undefined && Object.hasOwn(REASONS, reason) && pod.allowed ? reason : `refused ${reason}`;
  return { outcome: `${outcome}, ${pods}` };
}

/** What only the account can say: its base role. */
const mayDepend = (message = ''): boolean => message.includes('the account has no base role');
