/**
 * Runs generated reviews through the webhook's own routes: each must come to a coded outcome, and each patch must
 * apply, leave what is foreign alone, and leave nothing to do for a second call.
 */
import { isDeepStrictEqual } from 'node:util';
import jsonPatch, { type Operation } from 'fast-json-patch';
import { ERRORS, LIMITS, REASONS, type ErrorCode, type ReasonCode } from '@rolechain/shared';
import {
  admitInProcess,
  reviewResponse,
  type InProcess,
  type InProcessAnswer,
} from '@rolechain/webhook/testing/in-process.ts';
import { unmanagedPart } from '@rolechain/kit/unmanaged/part.ts';
import { ACCOUNTS, NAMESPACES, limitRulesIn } from '../hard-pods/accounts.ts';
import { settingsOf, type Variant } from '../hard-pods/variants.ts';
import { generateReview } from './reviews.ts';
import { heapUsed } from './run.ts';

export interface ReviewsResult {
  /** How often each outcome came, the commonest first: `injected`, `refused StaticKeys`, `400 ReviewMalformed`. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Bytes by which the heap grew from a fifth of the way to the end, garbage collected. */
  readonly grown: number;
}

/** What a check needs of a webhook. */
type Mutating = Pick<InProcess, 'mutate'>;

/** What one body comes to, or what is wrong with that. */
export type ReviewOutcome = { readonly complaint: string } | { readonly outcome: string };

/** Runs `count` reviews; throws at the first one without an outcome that is in order, with what gives it again. */
export async function runReviews(
  count: number,
  seed: number,
  progress: (done: number) => void = () => undefined,
): Promise<ReviewsResult> {
  const webhooks = await Promise.all(FUZZED.map(fuzzedWebhook));
  const outcomes: Record<string, number> = {};
  let early = 0;
  try {
    for (let index = 0; index < count; index++) {
      if (index === Math.floor(count / 5)) early = heapUsed();
      const { body, isPod } = generateReview(seed, index);
      const webhook = webhooks[index % webhooks.length];
      if (!webhook) throw new Error('no webhook');
      const checked = await checkReview(webhook, body, isPod);
      if ('complaint' in checked) throw new Error(`seed ${seed}, index ${index}: ${checked.complaint}: ${quote(body)}`);
      outcomes[checked.outcome] = (outcomes[checked.outcome] ?? 0) + 1;
      progress(index + 1);
    }
    const sorted = Object.entries(outcomes).toSorted(([, a], [, b]) => b - a);
    return { outcomes: Object.fromEntries(sorted), grown: heapUsed() - early };
  } finally {
    await Promise.all(webhooks.map(({ close }) => close()));
  }
}

/** Settings that lead to different decisions; the others change patches alone. */
const FUZZED: readonly Variant[] = ['refuse', 'warn', 'locked', 'defaultRole'];

/** A webhook whose accounts and Namespaces are those of the hard pods. */
export function fuzzedWebhook(variant: Variant): Promise<InProcess> {
  return admitInProcess({
    settings: () => settingsOf(variant),
    namespaceDefaultRole: settingsOf(variant).namespaceDefaultRole,
    lookup: (namespace, name) => {
      const annotations = own(ACCOUNTS, name);
      return Promise.resolve(annotations && { namespace, name, annotations });
    },
    limitRulesOf: limitRulesIn,
    lookupNamespace: (name) => Promise.resolve(own(NAMESPACES, name)?.annotations ?? {}),
  });
}

function own<T extends object>(table: T, key: string): T[keyof T] | undefined {
  return Object.hasOwn(table, key) ? table[key as keyof T] : undefined;
}

/** The outcome of one body; what is thrown is a complaint, too. */
export async function checkReview(webhook: Mutating, body: string, isPod = false): Promise<ReviewOutcome> {
  try {
    return await outcomeOf(webhook, body, isPod);
  } catch (error) {
    return { complaint: `thrown: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}` };
  }
}

async function outcomeOf(webhook: Mutating, body: string, isPod: boolean): Promise<ReviewOutcome> {
  const answer = await webhook.mutate(body);
  const response = reviewResponse(answer);
  if (!response) return isPod ? { complaint: `no decision: ${answer.text}` } : failed(answer);
  const { allowed, patch, patchType, status, warnings = [] } = response;
  const reason = response.auditAnnotations.reason as ReasonCode;
  if (!Object.hasOwn(REASONS, reason)) return { complaint: `the reason ${reason} is in no table` };
  if ((patch === undefined) !== (patchType === undefined)) return { complaint: 'a patch without its type' };
  if (warnings.some((warning) => Array.from(warning).length > LIMITS.warningChars))
    return { complaint: 'a warning that is cut' };
  if (!allowed) {
    const isSaid = status?.code === 422 && /\[\w+\]$|characters more\)$/.test(status.message);
    return isSaid && patch === undefined
      ? { outcome: `refused ${reason}` }
      : { complaint: `refused by ${answer.text}` };
  }
  const outcome = reason === 'Injected' ? 'injected' : `skipped ${reason}`;
  if (patch === undefined) return { outcome: reason === 'Injected' ? 'injected already' : outcome };
  const complaint = await checkPatch(webhook, body, JSON.parse(Buffer.from(patch, 'base64').toString()) as Operation[]);
  return complaint === undefined ? { outcome } : { complaint };
}

/** An answer outside 2xx: a code of the table that says it is the caller's. */
export function failed({ status, text }: InProcessAnswer): ReviewOutcome {
  const { code = '', message = '', fix = '' } = JSON.parse(text) as Partial<Record<string, string>>;
  const entry = Object.hasOwn(ERRORS, code) ? ERRORS[code as ErrorCode] : undefined;
  const isCoded = entry?.status === status && status >= 400 && status < 500 && message !== '' && fix !== '';
  return isCoded ? { outcome: `${status} ${code}` } : { complaint: `answered ${status} ${text}` };
}

async function checkPatch(webhook: Mutating, body: string, operations: Operation[]): Promise<string | undefined> {
  const review = JSON.parse(body) as { request: { object: unknown } };
  const { object: before } = review.request;
  const after: unknown = jsonPatch.applyPatch(before, operations, true, false).newDocument;
  if (!isDeepStrictEqual(unmanagedPart(before), unmanagedPart(after)))
    return `changes what is foreign: ${JSON.stringify(operations)}`;
  // As the apiserver calls it again.
  review.request.object = after;
  const answer = await webhook.mutate(JSON.stringify(review));
  // What is added may bring it over the limit: no apiserver would store such a pod.
  if (answer.status === 413) return undefined;
  const again = reviewResponse(answer);
  if (again?.allowed !== true) return `refuses what it made: ${again?.status?.message}`;
  if (again.patch === undefined) return undefined;
  return `a second call changes ${Buffer.from(again.patch, 'base64').toString()}`;
}

function quote(text: string): string {
  return text.length > 4000 ? `${text.slice(0, 4000)}...` : text;
}
